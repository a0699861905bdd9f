// Runs JS commands that the server pushes: `socket.exec_js(js.show("#menu"))`.

const component = (liveSocket, cid) => liveSocket.main.el.querySelectorAll(`[data-phx-component="${cid}"]`);

function sources(liveSocket, { to, cid }) {
  if (to) return document.querySelectorAll(to);
  return cid ? component(liveSocket, cid) : [liveSocket.main.el];
}

/** Runs `commands` on each element of the selector `to`, otherwise on the component `cid` or the main view. */
export function runCommands(liveSocket, { commands, ...where }) {
  const text = JSON.stringify(commands);
  for (const element of sources(liveSocket, where)) liveSocket.execJS(element, text);
}
