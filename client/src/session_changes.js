// Changes the session for a view. Only an HTTP response can set the cookie, so the page sends a request.

const csrfToken = () => document.querySelector('meta[name="csrf-token"]');

async function post(url, body) {
  const headers = { "content-type": "application/json", "x-csrf-token": csrfToken()?.content ?? "" };
  const response = await fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    headers,
    credentials: "same-origin",
    keepalive: true, // the request must survive if the user leaves the page
    redirect: "error",
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** Applies the session change of the encrypted `token` for the page in `el`. Returns a receipt. */
export async function changeSession(url, el, token) {
  const id = el.id.replace(/^phx-/, "");
  const { receipt } = await post(url, { id, session: el.dataset.phxSession, token });
  return receipt;
}

/** Passes the browser's new cookie, which scripts cannot read, to the page's socket. */
export async function renewSocket(url, liveSocket, receipt) {
  const { pass } = await post(`${url}/pass`, { id: liveSocket.main.el.id, token: receipt });
  const { el, channel } = liveSocket.main; // read only now: the page may have navigated meanwhile
  const renewed = await answered(channel.push("session_renewed", { pass, session: el.dataset.phxSession }));
  liveSocket.main.el.dataset.phxSession = renewed.session;
  csrfToken()?.setAttribute("content", renewed.csrf);
}

const answered = (push) =>
  new Promise((resolve, reject) => {
    push
      .receive("ok", resolve)
      .receive("error", ({ reason }) => reject(new Error(`the socket refused the new cookie: ${reason}`)))
      .receive("timeout", () => reject(new Error("the socket did not answer")));
  });
