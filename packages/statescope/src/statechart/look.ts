/** The colors of a chart: light, dark. */
export const COLORS = {
  ink: ['#1f2633', '#e6e9ef'],
  soft: ['#5b6575', '#a3adbb'],
  line: ['#8d97a6', '#667080'],
  ground: ['#fff', '#14181e'],
  box: ['#f6f7f9', '#1c222b'],
  lit: ['#2f5fe0', '#86aaff'],
} as const
export const FONTS = 'ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace'

/** The CSS of each class of a drawing without highlights. `$ink` stands for a color. */
export const LOOKS: Readonly<Record<string, string>> = {
  ground: 'fill:$ground',
  box: 'fill:$box;stroke:$line',
  dashed: 'stroke-dasharray:6 4',
  rule: 'stroke:$line;stroke-width:.5',
  name: 'fill:$ink;font-size:13px;font-weight:600',
  row: 'fill:$soft;font-size:11px',
  middle: 'text-anchor:middle',
  event: 'fill:$ink;font-size:11px',
  soft: 'fill:$soft',
  line: 'fill:none;stroke:$line;stroke-width:1.2',
  dotted: 'stroke-dasharray:4 3',
  head: 'fill:$line',
  start: 'fill:$ink',
  pill: 'fill:$ground;stroke:$line',
  label: 'fill:$ground;opacity:.92',
}

/** Light and dark follow `color-scheme`. The custom properties may be set from outside. */
export const CHART_STYLE = `:host{${Object.entries(COLORS)
  .map(([name, colors]) => `--_${name}:var(--chart-${name},light-dark(${colors}));`)
  .join('')}}svg{font-family:${FONTS}}
${Object.entries(LOOKS)
  .map(([name, look]) => `.${name}{${look}}`)
  .join('')}
.box{transition:stroke 150ms,fill 150ms}
.head{fill:context-stroke}
.brief>:is(.label,.event):not([data-taken]){display:none}
.state[data-active]>.box{stroke:$lit;stroke-width:2}
.state[data-active]:not(.compound,.parallel)>.box{fill:color-mix(in srgb,$lit 16%,$box)}
.state[data-active]>.name{fill:$lit}
.map>.way:not([data-next],[data-taken]){opacity:.3}
.state[data-found]>.box{stroke:$ink;stroke-width:4}
.way[data-next]>.line{stroke:$ink;stroke-width:1.6}
.way[data-taken]>.line{stroke:$lit;stroke-width:2.4;stroke-dasharray:8 5;animation:taken 600ms linear 3}
.event[data-taken],.event[data-taken]>.soft{fill:$lit;font-weight:600}
@keyframes taken{from{stroke-dashoffset:26}to{stroke-dashoffset:0}}
@media (prefers-reduced-motion:reduce){.way[data-taken]>.line{animation:none}.box{transition:none}}
`.replace(/\$(\w+)/g, 'var(--_$1)')
