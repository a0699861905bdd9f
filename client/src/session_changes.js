// What a view wants changed in the session: only an HTTP response can set the cookie, so the page has one made.

const csrfToken = () => document.querySelector('meta[name="csrf-token"]');

async function post(url, body) {
  const headers = { "content-type": "application/json", "x-csrf-token": csrfToken()?.content ?? "" };
  const response = await fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    headers,
    credentials: "same-origin",
    keepalive: true, // a page that is left meanwhile has asked for it all the same
    redirect: "error",
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** Has the change of the sealed `token` made for the page in `el`; what comes back is a receipt. */
export async function changeSession(url, el, token) {
  const id = el.id.replace(/^phx-/, "");
  const { receipt } = await post(url, { id, session: el.dataset.phxSession, token });
  return receipt;
}

/** Tells the page's socket the cookie that the browser has now, which this script never sees. */
export async function renewSocket(url, liveSocket, receipt) {
  const { pass } = await post(`${url}/pass`, { id: liveSocket.main.el.id, token: receipt });
  const { el, channel } = liveSocket.main; // not before: it may have navigated meanwhile
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
