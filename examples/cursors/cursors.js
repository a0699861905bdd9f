// Tells where the pointer is, twenty times a second at most, and moves the cursors of the others.
const PAUSE_MS = 50;

export const Board = {
  mounted() {
    this.el.addEventListener("pointermove", (event) => this.later(event));
    this.el.addEventListener("click", (event) => this.tell("mark", this.place(event)));
    this.el.addEventListener("keydown", ({ key }) => key === "Enter" && this.tell("mark", { x: 50, y: 50 }));
    this.handleEvent("moved", ({ key, x, y }) => this.show(key, x, y));
  },

  place({ clientX, clientY }) {
    const { left, top, width, height } = this.el.getBoundingClientRect();
    return { x: ((clientX - left) / width) * 100, y: ((clientY - top) / height) * 100 };
  },

  later(event) {
    this.newest = this.place(event);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.tell("move", this.newest);
    }, PAUSE_MS);
  },

  // What cannot be sent, because the connection is away, is not worth sending later.
  tell(name, place) {
    this.pushEvent(name, place).catch(() => {});
  },

  show(key, x, y) {
    const cursor = document.getElementById(`cursor-${key}`);
    if (cursor) Object.assign(cursor.style, { left: `${x}%`, top: `${y}%`, opacity: 1 });
  },

  destroyed() {
    clearTimeout(this.timer);
  },
};
