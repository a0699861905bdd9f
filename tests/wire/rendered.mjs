// Merges and renders with the official client's own code. Reads one JSON list per line, [tree, diff, diff, ...],
// and writes one per line: for each {"html", "patch"}, or {"error"} where the client throws. The patch is what the
// client renders to patch the page with: what the diff did not touch is an empty element marked data-phx-skip.

import readline from "node:readline";
import { pathToFileURL } from "node:url";

globalThis.window = globalThis;
console.error = () => {};
const { default: Rendered } = await import(pathToFileURL(process.argv[2]));

const isNode = (value) => typeof value === "object" && value !== null;

// The client leaves out what did not change; a test wants to see all of it.
function renewAll(node) {
  if (!isNode(node)) return;
  if (node.r) node.newRender = true;
  Object.values(node).forEach(renewAll);
}

const text = (rendered, cids) =>
  rendered.toString(cids).buffer.replace(/ data-phx-(id|component|view)="[^"]*"/g, "");

function html(rendered) {
  renewAll(rendered.rendered);
  return text(rendered);
}

function run(messages) {
  let rendered;
  return messages.map((message) => {
    try {
      const { diff } = Rendered.extract(message);
      if (rendered) rendered.mergeDiff(diff);
      else rendered = new Rendered("v", diff);
      const patch = text(rendered, rendered.componentCIDs(diff));
      return { html: html(rendered), patch };
    } catch (error) {
      return { error: String(error.message) };
    }
  });
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(run(JSON.parse(line))) + "\n");
}
