// What screen readers hear about elements that the theme adds: a version without a name, and landmarks for buttons.
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) {
      if (!node.matches) continue;
      for (const nav of node.matches(".md-code__nav") ? [node] : node.querySelectorAll(".md-code__nav")) {
        nav.setAttribute("role", "none");
      }
      const version = node.querySelector(".md-version__current");
      if (version) version.setAttribute("aria-label", `Version ${version.textContent}, choose another`);
    }
  }
}).observe(document.body, { childList: true, subtree: true });
