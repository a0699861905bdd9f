// Sends the position of the pointer, at most twenty times a second, and moves the cursors of other users.
const PAUSE_MS = 50;

export const Board = {
  mounted() {
    this.el.addEventListener("pointermove", (event) => this.throttle(event));
    this.el.addEventListener("click", (event) => this.push("mark", this.position(event)));
    this.el.addEventListener("keydown", ({ key }) => key === "Enter" && this.push("mark", { x: 50, y: 50 }));
    this.handleEvent("moved", ({ key, x, y }) => this.show(key, x, y));
  },

  position({ clientX, clientY }) {
    const { left, top, width, height } = this.el.getBoundingClientRect();
    return { x: ((clientX - left) / width) * 100, y: ((clientY - top) / height) * 100 };
  },

  throttle(event) {
    this.newest = this.position(event);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.push("move", this.newest);
    }, PAUSE_MS);
  },

  // A position that cannot be sent, because the connection is lost, is out of date later: drop it.
  push(name, position) {
    this.pushEvent(name, position).catch(() => {});
  },

  show(key, x, y) {
    const cursor = document.getElementById(`cursor-${key}`);
    if (cursor) Object.assign(cursor.style, { translate: `${x}cqw ${y}cqh`, opacity: 1 });
  },

  destroyed() {
    clearTimeout(this.timer);
  },
};
