"use strict";
// Keys press what stands on the page; without this script everything works by clicking.
const press = (key) => document.querySelector(`[data-key~="${CSS.escape(key)}"]`);
const help = document.querySelector("dialog");

let finding = -1;
const nextFinding = () => {
  const all = document.querySelectorAll("mark[data-why]");
  if (all.length) all[finding = (finding + 1) % all.length].scrollIntoView({ block: "center" });
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "Escape" && typing) typing.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?" && help) { help.open ? help.close() : help.showModal(); return; }
  if (event.key === "m") { nextFinding(); return; }
  const target = press(event.key);
  if (!target || (help && help.open)) return;
  event.preventDefault();
  if (target.matches("input, textarea")) { target.focus(); return; }
  target.click();
});
document.querySelectorAll("[data-help]").forEach((button) => {
  button.addEventListener("click", () => help.showModal());
});
document.querySelectorAll("form[data-at-once] select").forEach((select) => {
  select.addEventListener("change", () => select.form.requestSubmit());
});
const menu = document.querySelector("details[data-narrow]");
if (menu && matchMedia("(max-width: 700px)").matches) menu.removeAttribute("open");

// a threshold moved: the page asks what would change, and draws the line where it is now
const slide = document.querySelector("[data-steps]");
if (slide) {
  const steps = JSON.parse(slide.dataset.steps);
  const [range, exact] = [slide.querySelector("[type=range]"), slide.querySelector("[type=number]")];
  const line = document.querySelector(".hist .moved");
  const told = document.querySelector("#changes");
  const nearest = (value) => steps.reduce((best, step, n) =>
    Math.abs(step - value) < Math.abs(steps[best] - value) ? n : best, 0);
  let asked = 0;
  const ask = async (value) => {
    const mine = ++asked;
    const address = `${told.dataset.ask}&to=${encodeURIComponent(value)}`;
    const answer = await (await fetch(address)).text();
    if (mine !== asked) return;  // moved on since
    told.replaceChildren(...new DOMParser().parseFromString(answer, "text/html").body.childNodes);
  };
  const draw = (place) => {
    const x = 800 * place / (steps.length - 1);
    line.setAttribute("x1", x); line.setAttribute("x2", x);
  };
  range.addEventListener("input", () => {
    const value = steps[range.value];
    exact.value = Number.isInteger(value) ? value : value.toPrecision(4);
    draw(range.value); ask(exact.value);
  });
  exact.addEventListener("input", () => {
    if (exact.value === "") return;
    range.value = nearest(Number(exact.value)); draw(range.value); ask(exact.value);
  });
}
