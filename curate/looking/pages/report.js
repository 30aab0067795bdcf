"use strict";
// errors are told; a chart with a layer of nothing is none
const options = { renderer: "svg", actions: false, tooltip: { theme: "custom" }, logLevel: 1 };
document.querySelectorAll("script[data-spec]").forEach((data) => {
  const place = document.getElementById(`chart-${data.dataset.spec}`);
  vegaEmbed(place, JSON.parse(data.textContent), options).then(() => { place.dataset.drawn = "yes"; });
});
