import { LongPoll, Socket as OfficialSocket } from "phoenix";

// Private use (RFC 6455, 7.4.2); pyview/transport/close_codes.py knows it.
const GOODBYE = 4000;

/**
 * The official Socket, which says goodbye when the page is left. A connection that ends without it is a broken one to
 * the server, whose views then wait for the page; that a tab was closed cannot be told otherwise, since browsers and
 * servers have the same codes for both.
 */
export class Socket extends OfficialSocket {
  connect(params) {
    // Where a WebSocket got through once, a later failure is a network that is away: no reason to poll ever after.
    if (this.primaryPassedHealthCheck) this.longPollFallbackMs = undefined;
    super.connect(params);
  }

  disconnect(callback, code = GOODBYE, reason) {
    if (code === GOODBYE) sayGoodbye(this);
    super.disconnect(callback, code, reason);
  }
}

// In words too: not every server tells its application the close code.
function sayGoodbye(socket) {
  const { conn } = socket;
  if (!(conn instanceof LongPoll)) {
    if (socket.isConnected()) conn.send(JSON.stringify([null, null, "phoenix", "goodbye", {}]));
  } else if (conn.token) {
    fetch(conn.endpointURL(), { method: "DELETE", keepalive: true }).catch(() => {});
  }
}
