// Draws the charts of a page from the JSON beside them. The tooltip is drawn into the canvas: ECharts' HTML tooltip
// needs inline styles, which the page's content security policy refuses.
const INK = "#231c15";
const SECOND = "#665a4c";
const LINE = "#e2d7c5";
const FONT = getComputedStyle(document.body).fontFamily;
// From the province to the village, each a step lighter, told apart without colour vision too.
const LEVELS = { province: "#5a2a12", city: "#96501b", county: "#c9822b", town: "#e6b45f", village: "#7d9a6a" };
const DAYS = ["#1f6785", "#c9822b", "#9c8f7d"];

// From nobody to all.
const SHARES = ["#a3281b", "#d98c1c", "#e9d29a", "#8fb27c", "#2c6a33"];

const tooltip = {
  renderMode: "richText",
  confine: true,
  backgroundColor: "#2b2219",
  borderWidth: 0,
  textStyle: { color: "#f6efe4", fontFamily: FONT, fontSize: 14 },
};
const text = { fontFamily: FONT, fontSize: 13, color: SECOND };
const axis = { axisLine: { lineStyle: { color: LINE } }, axisTick: { show: false }, axisLabel: text, splitLine: { lineStyle: { color: LINE } } };

const GRID = { left: 8, right: 8, top: 64, bottom: 4, containLabel: true };

function legend(more) {
  return { top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { ...text, color: INK }, ...more };
}

/** A value axis with its unit above it. */
function values(unit, more) {
  return { type: "value", name: unit, nameGap: 12, nameTextStyle: { ...text, align: "left" }, ...axis, ...more };
}

const drawings = {
  stacked(data) {
    return {
      tooltip: { ...tooltip, trigger: "axis", axisPointer: { type: "shadow" } },
      legend: legend({ icon: "roundRect" }),
      grid: GRID,
      xAxis: { type: "category", data: data.categories, ...axis },
      yAxis: values(data.unit),
      series: data.series.map((series) => ({
        ...series,
        type: "bar",
        stack: "all",
        barMaxWidth: 34,
        itemStyle: { color: LEVELS[series.level], borderColor: "#fffdf9", borderWidth: 1 },
      })),
    };
  },

  days(data) {
    return {
      color: DAYS,
      tooltip: { ...tooltip, trigger: "axis" },
      // Without an icon of its own it shows the lines as they are, dashed or not, here without their points.
      legend: legend({ itemWidth: 28, itemStyle: { opacity: 0 } }),
      grid: GRID,
      xAxis: {
        type: "category",
        data: data.categories,
        ...axis,
        axisLabel: { ...text, formatter: (day) => day.slice(5).replace("-", "/"), hideOverlap: true },
      },
      yAxis: [values(data.units[0]), values(data.units[1], { nameTextStyle: { ...text, align: "right" }, splitLine: { show: false } })],
      series: data.series.map((series) => ({
        name: series.name,
        data: series.data,
        type: "line",
        yAxisIndex: series.second ? 1 : 0,
        smooth: 0.25,
        symbol: "circle",
        symbolSize: 6,
        showSymbol: data.categories.length < 2,
        lineStyle: { width: series.second ? 2 : 3, type: series.second ? "dashed" : "solid" },
      })),
    };
  },

  coverage(data) {
    const node = (area) => ({
      name: area.name,
      // The size and, as the second dimension, the share that the colour stands for.
      value: [Math.max(area.villages, 1), area.share],
      area,
      children: area.areas.length ? area.areas.map(node) : undefined,
    });
    return {
      tooltip: {
        ...tooltip,
        formatter: ({ data: { area } }) =>
          area ? `${area.name}  ${area.share}%\n${area.villages} ${data.villages}\n${area.active} ${data.active}` : "",
      },
      visualMap: {
        type: "continuous",
        min: 0,
        max: 100,
        dimension: 1,
        inRange: { color: SHARES },
        orient: "horizontal",
        right: 0,
        top: 0,
        itemWidth: 12,
        itemHeight: 160,
        text: [`${data.high} 100%`, `0% ${data.low}`],
        textGap: 8,
        textStyle: text,
        calculable: false,
        hoverLink: false,
      },
      series: [
        {
          type: "treemap",
          data: data.areas.map(node),
          visualDimension: 1,
          top: 40,
          left: 0,
          right: 0,
          bottom: 0,
          roam: false,
          nodeClick: false,
          breadcrumb: { show: false },
          label: {
            fontFamily: FONT,
            fontSize: 14,
            overflow: "truncate",
            formatter: ({ data: { area } }) => (area ? words(area) : ""),
          },
          upperLabel: {
            show: true,
            height: 24,
            fontFamily: FONT,
            fontSize: 14,
            fontWeight: 700,
            color: INK,
            overflow: "truncate",
            formatter: ({ data: { area } }) => (area ? `${area.short} ${area.share}%` : ""),
          },
          levels: [
            { itemStyle: { gapWidth: 4, borderWidth: 0 }, upperLabel: { show: false } },
            { itemStyle: { gapWidth: 1, borderColor: "#efe6d6", borderWidth: 3 } },
            { itemStyle: { gapWidth: 1, borderColor: "#fffdf9", borderWidth: 1 } },
          ],
        },
      ],
    };
  },
};

/** A village has either published or not: its colour says so. */
function words(area) {
  return area.villages > 1 ? `${area.short}\n${area.share}%` : area.short;
}

/** Leaves out the words that have no room: half a name helps nobody, and the tooltip has all of it. */
function fit(chart, nodes) {
  const room = new Map();
  // How large each area is, is known to the chart alone.
  chart.getModel().getSeriesByIndex(0).getData().tree.root.eachNode((node) => {
    const { width, height } = node.getLayout() ?? {};
    const area = node.hostTree.data.getRawDataItem(node.dataIndex)?.area;
    if (area) room.set(area.url, { width, height });
  });
  const visit = (node) => {
    const { width = 0, height = 0 } = room.get(node.area.url) ?? {};
    const lines = words(node.area).split("\n");
    const widest = Math.max(...lines.map((line) => measure(line)));
    const size = [14, 12].find((size) => widest * size + 14 <= width && lines.length * size * 1.3 + 8 <= height);
    node.label = { color: readable(node.area.share), show: Boolean(size), fontSize: size ?? 14, lineHeight: (size ?? 14) * 1.3 };
    if (node.children) {
      const { short, share } = node.area;
      const bare = short.replace(/[市县区镇]$/, "");
      const heads = [[`${short} ${share}%`, 14], [short, 14], [short, 12], [short, 11], [bare, 12], [bare, 11]];
      // An empty formatter would stand for the one of all areas.
      const [head, fontSize] = heads.find(([head, size]) => measure(head) * size * 1.05 + 10 <= width) ?? [" ", 11];
      node.upperLabel = { formatter: head, fontSize };
      node.children.forEach(visit);
    }
  };
  nodes.forEach(visit);
  chart.setOption({ series: [{ data: nodes }] });
}

/** The width of words in ems: a Chinese character has one, others a bit more than half. */
function measure(text) {
  return [...text].reduce((width, character) => width + (character > "\u2e80" ? 1 : 0.6), 0);
}

/** Dark words or light ones, whichever stand out more on the colour of a share. */
function readable(share) {
  const at = Math.min(Math.max(share, 0), 99.99) / (100 / (SHARES.length - 1));
  const [from, to] = [SHARES[Math.floor(at)], SHARES[Math.floor(at) + 1]].map(channels);
  const ground = brightness(from.map((value, index) => value + (to[index] - value) * (at % 1)));
  return (ground + 0.05) ** 2 > (brightness(channels(INK)) + 0.05) * 1.05 ? INK : "#ffffff";
}

function channels(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** Relative luminance as WCAG 2 defines it: 0 for black, 1 for white. */
function brightness(rgb) {
  const [red, green, blue] = rgb.map((value) => (value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function draw(place) {
  const source = document.getElementById(place.dataset.source);
  const option = drawings[place.dataset.chart]?.(JSON.parse(source.textContent));
  if (!option) return;
  // It is hidden as long as it is empty; ECharts measures it.
  place.append(document.createElement("div"));
  place.firstChild.className = "fill";
  const chart = echarts.init(place.firstChild, null, { renderer: "canvas" });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  chart.setOption({ animation: !still, animationDuration: 300, textStyle: { fontFamily: FONT }, ...option });
  chart.on("click", ({ data }) => {
    if (data?.area?.url) location.assign(data.area.url);
  });
  const areas = place.dataset.chart === "coverage" && option.series[0].data;
  new ResizeObserver(() => {
    chart.resize();
    if (areas) fit(chart, areas);
  }).observe(place);
}

for (const place of document.querySelectorAll("[data-chart]")) draw(place);
