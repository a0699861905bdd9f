// Copies the text of an element that a command names: js.dispatch("copy-text", detail={"from": "#words"}).
export const Copy = {
  mounted() {
    this.el.addEventListener("copy-text", async ({ detail }) => {
      const text = document.querySelector(detail.from).textContent.trim();
      await navigator.clipboard?.writeText(text).catch(() => {});
      this.js().setAttribute(this.el, "data-copied", text);
      this.el.textContent = "Copied";
    });
  },
};
