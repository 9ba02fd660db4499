import { css } from 'lit'

/** Light and dark follow `color-scheme`. */
export const styles = css`
  :host {
    --ink: light-dark(#1f2633, #e6e9ef);
    --soft: light-dark(#57606e, #a3adbb);
    --line: light-dark(#dde1e8, #2c333d);
    --edge: light-dark(#858d99, #6f7988);
    --ground: light-dark(#fff, #14181e);
    --sunken: light-dark(#f5f6f8, #0f1217);
    --accent: light-dark(#2f5fe0, #86aaff);
    display: flex;
    flex-direction: column;
    min-height: 320px;
    font: 14px/1.5 system-ui, sans-serif;
    color: var(--ink);
    background: var(--ground);
  }
  :host([hidden]) { display: none; }
  * { box-sizing: border-box; }
  .bar { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; padding: 8px 12px; border-block-end: 1px solid var(--line); }
  .bar p { margin: 0; color: var(--soft); }
  label { display: inline-flex; gap: 8px; align-items: center; }
  select, input[type='search'], button {
    font: inherit; color: inherit; background: var(--ground); min-height: 32px; padding: 2px 10px;
    border: 1px solid var(--edge); border-radius: 6px;
  }
  select { max-width: 24ch; }
  button { cursor: pointer; }
  button:hover:enabled { background: var(--sunken); }
  button:disabled { opacity: 0.55; cursor: not-allowed; }
  button[aria-pressed='true'] { color: var(--accent); border-color: var(--accent); font-weight: 600; }
  .buttons { display: inline-flex; gap: 8px; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: -2px; }
  .panes { flex: 1; min-height: 0; display: grid; grid-template: minmax(400px, 1fr) / minmax(280px, 2fr) 3fr; overflow: auto; }
  .list { display: flex; flex-direction: column; min-width: 0; min-height: 0; border-inline-end: 1px solid var(--line); }
  .tabs { display: flex; align-items: center; border-block-end: 1px solid var(--line); }
  [role='tablist'] { display: flex; }
  [role='tab'] { border: 0; border-radius: 0; border-block-end: 2px solid transparent; }
  [role='tab'][aria-selected='true'] { border-block-end-color: var(--accent); font-weight: 600; }
  .count { margin-inline: auto 12px; color: var(--soft); font-variant-numeric: tabular-nums; }
  .panel { flex: 1; display: flex; flex-direction: column; min-height: 0; }
  .rows { position: relative; flex: 1; min-height: 0; overflow: auto; overflow-anchor: none; }
  .rows > [role='presentation']:last-child { position: relative; }
  [role='option'] {
    position: absolute; inset-inline: 0; height: 32px; padding-inline: 12px; display: flex; gap: 12px; align-items: center;
    white-space: nowrap; overflow: hidden; cursor: pointer; border-block-end: 1px solid var(--line);
  }
  [role='option']:hover { background: var(--sunken); }
  [role='option'][aria-selected='true'] { background: color-mix(in srgb, var(--accent) 16%, var(--ground)); }
  time, .who, .to { color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
  .who { flex: none; max-width: 14ch; overflow: hidden; text-overflow: ellipsis; }
  time { flex: none; }
  .to { overflow: hidden; text-overflow: ellipsis; }
  .events code { flex-shrink: 1000; min-width: 8ch; overflow: hidden; text-overflow: ellipsis; }
  code, pre { font: 12px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
  .heads { position: sticky; inset-block-start: 0; z-index: 1; display: flex; height: 32px; align-items: center; background: var(--ground); border-block-end: 1px solid var(--line); }
  .heads span { width: 140px; padding-inline: 4px; text-align: center; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; font-size: 12px; }
  .sequence [role='option'] { border: 0; padding: 0; }
  .sequence [role='option']::before {
    content: ''; position: absolute; inset-block: 0; inset-inline-start: 0; width: calc(var(--actors) * 140px);
    background: linear-gradient(to right, var(--line) 1px, transparent 1px) 70px 0 / 140px 100%;
  }
  .sequence b { position: absolute; inset-block-start: 24px; height: 0; border-block-start: 1.5px solid var(--edge); }
  .sequence b::after { content: ''; position: absolute; inset-block-start: -4.5px; border: 4px solid transparent; }
  .sequence b.right::after { right: -1px; border-left-color: var(--edge); border-right-width: 0; }
  .sequence b.left::after { left: -1px; border-right-color: var(--edge); border-left-width: 0; }
  .sequence b.self { width: 8px !important; height: 8px; margin: -4px; border: 1.5px solid var(--edge); border-radius: 50%; }
  .sequence b.self::after { content: none; }
  .sequence code { position: absolute; inset-block-start: 3px; max-width: calc(100% - 24px); overflow: hidden; text-overflow: ellipsis; background: color-mix(in srgb, var(--ground) 80%, transparent); }
  .look { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
  state-chart { flex: 3; min-height: 0; }
  .empty { flex: 1; margin: 0; padding: 24px; color: var(--soft); }
  .details { flex: 1; min-height: 0; display: grid; grid-template-columns: 1fr 1fr; border-block-start: 1px solid var(--line); }
  .details > div { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
  .details > div + div { border-inline-start: 1px solid var(--line); }
  h2 { margin: 0; padding: 6px 12px; font-size: 13px; }
  pre { flex: 1; margin: 0; padding: 0 12px 12px; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
  @media (max-width: 760px) {
    .panes { grid-template: minmax(200px, 2fr) minmax(460px, 3fr) / minmax(0, 1fr); }
    .list { border-inline-end: 0; border-block-end: 1px solid var(--line); }
  }
`
