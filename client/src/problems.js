// Shows template errors while files are being edited. Only a server in development pushes these events.

const problems = new Map(); // id of a view -> error of its template

/** Shows that a template of the view cannot be rendered; without `text`, that it can be again. */
export function noteProblem({ id, text }) {
  if (text) problems.set(id, text);
  else problems.delete(id);
  show();
}

function show() {
  const note = document.getElementById("pyview-problem") ?? document.createElement("pre");
  if (problems.size === 0) return note.remove();
  note.id = "pyview-problem";
  note.setAttribute("role", "alert");
  note.textContent = [...new Set(problems.values())].join("\n\n");
  document.body.append(note);
}

// After a live navigation the views with errors are gone.
window.addEventListener("phx:page-loading-stop", ({ detail }) => {
  if (detail?.kind !== "redirect") return;
  problems.clear();
  show();
});
