// Dragging a card: the browser moves nothing itself, it says where the card was dropped, and the page follows.
export const Board = {
  mounted() {
    this.el.addEventListener("dragstart", (event) => {
      const card = event.target.closest("[data-card]");
      event.dataTransfer.setData("text/plain", card.dataset.card);
      event.dataTransfer.effectAllowed = "move";
    });
    this.el.addEventListener("dragover", (event) => {
      if (event.target.closest("[data-column]")) event.preventDefault();
    });
    this.el.addEventListener("drop", (event) => {
      const column = event.target.closest("[data-column]");
      if (!column) return;
      event.preventDefault();
      const card = Number(event.dataTransfer.getData("text/plain"));
      this.pushEvent("drop", { card, column: Number(column.dataset.column), position: place(column, card, event.clientY) });
    });
  },
};

// How many of the other cards of the column are above the pointer.
function place(column, card, y) {
  const others = [...column.querySelectorAll("[data-card]")].filter((other) => Number(other.dataset.card) !== card);
  return others.filter((other) => {
    const box = other.getBoundingClientRect();
    return box.top + box.height / 2 < y;
  }).length;
}
