/**
 * Lets the browser save a file that a view offers. The attribute `download` keeps the page: the browser neither leaves it
 * nor closes its socket, also if the server refuses the file.
 */
export function download(url, { token, filename }) {
  const link = document.createElement("a");
  link.href = `${url}/${encodeURIComponent(token)}`;
  link.download = filename;
  link.click();
}
