// Dragging a card: the browser moves nothing itself. It shows where the card would go, tells the server where it was
// dropped, and the page follows.
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
      this.mark(column, otherCards(column, this.card)[place(column, this.card, event.clientY)]);
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
      const position = place(column, this.card, event.clientY);
      this.end();
      this.pushEvent("drop", { card, column: Number(column.dataset.column), position });
    });
  },

  // Mark the column, and the card that the dragged one would stand before. A patch takes the marks away, since the
  // server does not know them; the browser fires dragover again within a moment, which brings them back.
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

// How many of the other cards of the column are above the pointer.
function place(column, card, y) {
  return otherCards(column, card).filter((other) => {
    const box = other.getBoundingClientRect();
    return box.top + box.height / 2 < y;
  }).length;
}
