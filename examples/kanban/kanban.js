// Drags a card. The browser does not move it: it marks the target, and sends the drop to the server, which updates the
// page.
export const Board = {
  mounted() {
    this.el.addEventListener("dragstart", (event) => {
      this.card = event.target.closest?.("[data-card]");
      if (!this.card) return;
      event.dataTransfer.setData("text/plain", this.card.dataset.card);
      event.dataTransfer.effectAllowed = "move";
    });
    this.el.addEventListener("dragover", (event) => {
      const column = event.target.closest("[data-column]");
      if (!column || !this.card) return this.mark(null);
      event.preventDefault();
      this.mark(column, otherCards(column, this.card)[positionIn(column, this.card, event.clientY)]);
    });
    this.el.addEventListener("dragleave", (event) => {
      if (!this.el.contains(event.relatedTarget)) this.mark(null);
    });
    this.el.addEventListener("dragend", () => this.end());
    this.el.addEventListener("drop", (event) => {
      const column = event.target.closest("[data-column]");
      if (!column || !this.card) return;
      event.preventDefault();
      const card = Number(this.card.dataset.card);
      const position = positionIn(column, this.card, event.clientY);
      this.end();
      this.pushEvent("drop", { card, column: Number(column.dataset.column), position });
    });
  },

  // Marks the column, and the card before which the dragged card would be inserted. A patch removes the marks, because
  // the server does not render them; the next dragover event, which follows at once, restores them.
  mark(column, before) {
    for (const marked of this.el.querySelectorAll(".target, .before")) marked.classList.remove("target", "before");
    column?.classList.add("target");
    before?.classList.add("before");
  },

  end() {
    this.mark(null);
    this.card = null;
  },
};

function otherCards(column, card) {
  return [...column.querySelectorAll("[data-card]")].filter((other) => other.dataset.card !== card.dataset.card);
}

// Returns the number of other cards of the column above the pointer.
function positionIn(column, card, y) {
  return otherCards(column, card).filter((other) => {
    const box = other.getBoundingClientRect();
    return box.top + box.height / 2 < y;
  }).length;
}
