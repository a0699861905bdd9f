import { LongPoll, Socket as OfficialSocket } from "phoenix";

// Private use (RFC 6455, 7.4.2); pyview/transport/close_codes.py knows it.
const GOODBYE = 4000;

/**
 * The official Socket, with a goodbye message when the user leaves the page. The server treats a connection that ends
 * without it as lost, and its views wait for the page. Close codes are not enough: browsers and servers use the same
 * ones for a closed tab and a lost connection.
 */
export class Socket extends OfficialSocket {
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
