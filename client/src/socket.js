import { LongPoll, Socket as OfficialSocket } from "phoenix";

// Private use (RFC 6455, 7.4.2); pyview/transport/close_codes.py knows it.
const GOODBYE = 4000;
const MOVED = 4002;

/**
 * The official Socket, with a goodbye message when the user leaves the page. The server treats a connection that ends
 * without it as lost, and its views wait for the page. Close codes are not enough: browsers and servers use the same
 * ones for a closed tab and a lost connection.
 */
export class Socket extends OfficialSocket {
  #unanswered = new Set(); // refs of messages
  #moving = false;

  constructor(...args) {
    super(...args);
    this.onMessage((message) => this.#received(message));
    this.onClose(() => {
      this.#unanswered.clear();
      this.#moving = false;
    });
  }

  push(message) {
    if (message.join_ref) this.#unanswered.add(message.ref);
    super.push(message);
  }

  #received({ topic, event, ref }) {
    if (event === "phx_reply") this.#unanswered.delete(ref);
    if (topic === "phoenix" && event === "reconnect") this.#move();
    else if (this.#moving && !this.#unanswered.size) this.#moveNow();
  }

  // The server stops. An event that is sent while its close frame is on the way would be lost, so this side closes, at a
  // moment when it waits for no answer. Events after that go to the next server. A second after it has asked, the server
  // closes the connection itself, unless it is handling an event.
  #move() {
    if (this.conn instanceof LongPoll) return;
    this.#moving = true;
    if (!this.#unanswered.size) this.#moveNow();
  }

  #moveNow() {
    this.#moving = false;
    this.conn?.close(MOVED);
  }

  connect(params) {
    // If a WebSocket has worked once, a later failure is a network problem and no reason to fall back to long polling.
    if (this.primaryPassedHealthCheck) this.longPollFallbackMs = undefined;
    super.connect(params);
  }

  disconnect(callback, code = GOODBYE, reason) {
    if (code === GOODBYE) sayGoodbye(this);
    super.disconnect(callback, code, reason);
  }
}

// Sent as a message too, because not every server passes the close code to the application.
function sayGoodbye(socket) {
  const { conn } = socket;
  if (!(conn instanceof LongPoll)) {
    if (socket.isConnected()) conn.send(JSON.stringify([null, null, "phoenix", "goodbye", {}]));
  } else if (conn.token) {
    fetch(conn.endpointURL(), { method: "DELETE", keepalive: true }).catch(() => {});
  }
}
