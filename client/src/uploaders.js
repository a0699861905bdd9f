// Uploaders for external uploads, to the URL of `allow_upload(external=...)`. A page's own uploaders override these.

const RETRIES = 3;
const AT_ONCE = 4;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// XMLHttpRequest, because fetch has no progress events for the request body.
function send(method, url, body, { signal, headers = {}, progress = () => {} }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const ok = () => request.status >= 200 && request.status < 300;
    request.onload = () => (ok() ? resolve(request) : reject(new Error(`refused with status ${request.status}`)));
    request.onerror = () => reject(new Error("the network failed"));
    request.onabort = () => reject(new Error("cancelled"));
    request.upload.onprogress = ({ loaded }) => progress(loaded);
    signal.addEventListener("abort", () => request.abort());
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(body);
  });
}

// Uploads each file separately, until it is done, fails, is cancelled by the user, or the view ends.
const forEachFile = (upload) => (entries, onViewError) =>
  entries.forEach(async (entry) => {
    const end = new AbortController();
    onViewError(() => end.abort());
    entry.onCancel(() => end.abort());
    try {
      await upload(entry, end.signal);
    } catch (error) {
      if (end.signal.aborted) return;
      entry.error(error.message);
      end.abort(); // cancel the other parts of the file
    }
  });

// Up to 99: 100 is reported when the response has arrived, not when the last byte was sent.
const report = (entry) => (sent) => entry.progress(Math.min(99, (sent / entry.file.size) * 100));

/** Sends a form for a presigned POST: `{url, fields}`. */
const S3 = forEachFile(async (entry, signal) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(entry.meta.fields ?? {})) form.append(name, value);
  form.append("file", entry.file);
  await send("POST", entry.meta.url, form, { signal, progress: report(entry) });
  entry.progress(100);
});

/** Sends the bytes for a presigned PUT: `{url, headers}`. */
const Put = forEachFile(async (entry, signal) => {
  await send("PUT", entry.meta.url, entry.file, { signal, headers: entry.meta.headers, progress: report(entry) });
  entry.progress(100);
});

/** Sends parts, a few at a time: `{part_urls, chunk_size, upload_id, key}`. Their ETags go to `entry_complete`. */
const S3Multipart = forEachFile(async (entry, signal) => {
  const { part_urls, chunk_size, upload_id, key } = entry.meta;
  const sent = part_urls.map(() => 0);
  const parts = [];
  const progress = (index) => (bytes) => {
    sent[index] = bytes;
    report(entry)(sent.reduce((sum, each) => sum + each, 0));
  };
  const waiting = [...part_urls.entries()];
  const work = async () => {
    for (let next; (next = waiting.shift()); ) {
      const [index, url] = next;
      const bytes = entry.file.slice(index * chunk_size, (index + 1) * chunk_size);
      parts[index] = { PartNumber: index + 1, ETag: await sendPart(url, bytes, { signal, progress: progress(index) }) };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const end = { complete: true, upload_id, key, parts };
  entry.view.pushFileProgress(entry.fileEl, entry.ref, end, () => entry.progress(100));
});

async function sendPart(url, bytes, options, failures = 0) {
  try {
    const tag = (await send("PUT", url, bytes, options)).getResponseHeader("ETag");
    if (!tag) throw new Error("the answer to a part has no ETag; the bucket has to expose that header");
    return tag.replaceAll('"', "");
  } catch (error) {
    if (options.signal.aborted || failures + 1 >= RETRIES) throw error;
    await wait(500 * 2 ** failures);
    return sendPart(url, bytes, options, failures + 1);
  }
}

export const uploaders = { S3, Put, S3Multipart };
