"use strict";
// First arrivals by quarter of an hour as a picture. Without Chart.js there is the table below it.
(() => {
  let chart = null;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const count = (value) => value.toLocaleString("id-ID", { maximumFractionDigits: 0 });

  function paint() {
    const ink = colour("--ink-soft");
    const [present, late] = chart.data.datasets;
    present.backgroundColor = colour("--s-present");
    late.backgroundColor = colour("--s-late");
    chart.options.scales.x.ticks.color = chart.options.scales.y.ticks.color = ink;
    chart.options.scales.y.grid.color = colour("--line");
    chart.options.plugins.legend.labels.color = ink;
    chart.options.plugins.tooltip.backgroundColor = colour("--brand-deep");
  }

  function make(canvas) {
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 13;
    const bars = { data: [], borderRadius: 2, categoryPercentage: 0.94, barPercentage: 0.94, pointStyle: "rectRounded" };
    return new Chart(canvas, {
      type: "bar",
      data: { labels: [], datasets: [{ ...bars, label: "Tepat waktu" }, { ...bars, label: "Terlambat" }] },
      options: {
        animation: false,
        maintainAspectRatio: false,
        interaction: { intersect: false, mode: "index" },
        scales: {
          // Full hours: a word below every bar would be too many.
          x: { stacked: true, grid: { display: false, drawBorder: false }, ticks: { autoSkip: false, maxRotation: 0, callback(value) { const label = this.getLabelForValue(value); return label.endsWith(".00") ? label : null; } } },
          y: { stacked: true, beginAtZero: true, suggestedMax: 4, grid: { drawBorder: false }, ticks: { callback: count, maxTicksLimit: 4, precision: 0 } },
        },
        plugins: {
          legend: { onClick: null, align: "end", labels: { boxHeight: 9, boxWidth: 14, usePointStyle: true } },
          tooltip: { callbacks: { title: (items) => "Mulai pukul " + items[0].label, label: (item) => ` ${item.dataset.label}: ${count(item.parsed.y)}` } },
        },
      },
    });
  }

  function draw() {
    const box = document.querySelector("[data-chart-kind=arrivals]");
    if (!box || typeof Chart === "undefined") return;
    let values;
    try { values = JSON.parse(box.dataset.chart); } catch { return; }
    const canvas = box.querySelector("canvas");
    box.hidden = false;
    if (chart && chart.canvas !== canvas) { chart.destroy(); chart = null; }
    chart ??= make(canvas);
    chart.data.labels = values.quarters;
    chart.data.datasets[0].data = values.present;
    chart.data.datasets[1].data = values.late;
    paint();
    chart.update();
  }

  function repaint() { if (chart) { paint(); chart.update("none"); } }

  document.addEventListener("hadir:section", (event) => { if (event.detail.dataset.section === "arrivals") draw(); });
  document.addEventListener("hadir:look", repaint);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  // The picture keeps the colours it was drawn with: on paper they must be those of paper.
  matchMedia("print").addEventListener("change", repaint);
  draw();
})();
