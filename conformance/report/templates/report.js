"use strict";
(() => {
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const buttons = [...document.querySelectorAll("[data-show]")];
  const rows = [...document.querySelectorAll(".requirement, .card")];
  const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  let outcome = "";

  function filter() {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const fits = wanted.every((word) => words.get(row).includes(word)) && (!outcome || row.dataset.filter === outcome);
      row.hidden = !fits;
      count += fits && row.matches(".requirement");
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".requirement:not([hidden])");
    }
    const total = rows.filter((row) => row.matches(".requirement")).length;
    shown.textContent = count === total ? "" : `${count} of ${total} requirements`;
    nothing.hidden = count > 0;
  }

  function show(name) {
    outcome = name;
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.show === name)));
    filter();
  }

  function reset() {
    search.value = "";
    show("");
  }

  function open(hash) {
    const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    if (target && target.matches("details")) {
      if (target.hidden) reset();
      target.open = true;
      target.querySelector("summary").focus({ preventScroll: true });
      target.scrollIntoView();
    }
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      // A page from a disk may not reach the clipboard this way.
      getSelection().selectAllChildren(source);
      document.execCommand("copy");
      getSelection().removeAllRanges();
    }
    button.textContent = "Copied";
    button.classList.add("done");
    setTimeout(() => {
      button.textContent = "Copy";
      button.classList.remove("done");
    }, 2000);
  }

  search.addEventListener("input", filter);
  buttons.forEach((button) => button.addEventListener("click", () => show(button.dataset.show)));
  document.getElementById("clear").addEventListener("click", () => {
    reset();
    search.focus();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    const link = event.target.closest('a[href^="#"]');
    if (link) open(link.getAttribute("href"));
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
      search.scrollIntoView({ block: "center" });
    } else if (event.key === "Escape" && event.target === search) {
      reset();
    }
  });
  addEventListener("hashchange", () => open(location.hash));
  addEventListener("beforeprint", () => {
    document.querySelectorAll(".card").forEach((card) => { card.open = true; });
  });
  open(location.hash);
})();
