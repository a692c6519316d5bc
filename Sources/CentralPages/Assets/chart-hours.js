"use strict";
// Scans by hour as a picture. Without Chart.js there is the table below it.
(() => {
  let chart = null;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const count = (value) => value.toLocaleString("id-ID", { maximumFractionDigits: 0 });

  function paint(chart) {
    const ink = colour("--ink-soft");
    const [today, usual] = chart.data.datasets;
    today.backgroundColor = colour("--chart-today");
    usual.borderColor = usual.pointBackgroundColor = colour("--chart-usual");
    chart.options.scales.x.ticks.color = chart.options.scales.y.ticks.color = ink;
    chart.options.scales.y.grid.color = colour("--line");
    chart.options.plugins.legend.labels.color = ink;
    chart.options.plugins.tooltip.backgroundColor = colour("--brand-deep");
  }

  function make(canvas) {
    const family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.family = family;
    Chart.defaults.font.size = 13;
    return new Chart(canvas, {
      data: {
        labels: [],
        datasets: [
          { type: "bar", label: "Hari ini", data: [], borderRadius: 4, maxBarThickness: 44, order: 2, pointStyle: "rectRounded" },
          { type: "line", label: "Biasanya", data: [], borderDash: [5, 4], borderWidth: 2, pointRadius: 0, pointHitRadius: 8, pointStyle: "line", cubicInterpolationMode: "monotone", order: 1 },
        ],
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        interaction: { intersect: false, mode: "index" },
        scales: {
          x: { grid: { display: false, drawBorder: false }, ticks: { maxRotation: 0 } },
          y: { beginAtZero: true, suggestedMax: 10, grid: { drawBorder: false }, ticks: { callback: count, maxTicksLimit: 6, precision: 0 } },
        },
        plugins: {
          legend: { onClick: null, align: "end", reverse: true, labels: { boxHeight: 9, boxWidth: 24, usePointStyle: true, filter: (item, data) => data.datasets[item.datasetIndex].data.length > 0 } },
          tooltip: { callbacks: { title: (items) => "Pukul " + items[0].label, label: (item) => ` ${item.dataset.label}: ${count(item.parsed.y)}` } },
        },
      },
    });
  }

  function draw() {
    const box = document.querySelector("[data-chart]");
    if (!box || typeof Chart === "undefined") return;
    let values;
    try { values = JSON.parse(box.dataset.chart); } catch { return; }
    const canvas = box.querySelector("canvas");
    box.hidden = false;
    if (chart && chart.canvas !== canvas) { chart.destroy(); chart = null; }
    chart ??= make(canvas);
    chart.data.labels = values.hours;
    chart.data.datasets[0].data = values.today;
    chart.data.datasets[1].data = values.usual;
    chart.data.datasets[1].hidden = values.usual.length === 0;
    paint(chart);
    chart.update();
  }

  document.addEventListener("hadir:section", (event) => { if (event.detail.dataset.section === "hours") draw(); });
  document.addEventListener("hadir:look", () => { if (chart) { paint(chart); chart.update("none"); } });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (chart) { paint(chart); chart.update("none"); } });
  // The picture keeps the colours it was drawn with: on paper they must be those of paper.
  matchMedia("print").addEventListener("change", () => { if (chart) { paint(chart); chart.update("none"); } });
  draw();
})();
