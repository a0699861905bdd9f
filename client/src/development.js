// What a page hears of its files while somebody works on them. Only a server in development says any of this.

const problems = new Map(); // id of a view -> what is wrong with its template

/** A template of the view cannot be rendered, or can be again: then there is no text. */
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

// The view has gone, and what was wrong with it.
window.addEventListener("phx:page-loading-stop", ({ detail }) => {
  if (detail?.kind !== "redirect") return;
  problems.clear();
  show();
});
