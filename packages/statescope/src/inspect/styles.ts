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
    --marked: light-dark(#5c3d00, #ffd98a);
    --marked-ground: light-dark(#fff4d6, #33270a);
    display: flex;
    flex-direction: column;
    direction: ltr; /* its words and values are, even if the page is not */
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
  input[type='search'] { width: 20ch; max-width: 100%; }
  input.named { width: 16ch; }
  [hidden] { display: none !important; }
  button { cursor: pointer; }
  button:hover:enabled { background: var(--sunken); }
  button:disabled { opacity: 0.55; cursor: not-allowed; }
  button[aria-pressed='true'] { color: var(--accent); border-color: var(--accent); font-weight: 600; }
  .buttons { display: inline-flex; flex-wrap: wrap; gap: 8px; }
  .recorded, .dropped { margin: 0; padding: 6px 12px; color: var(--marked); background: var(--marked-ground); }
  .dropped { font-size: 13px; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: -2px; }
  .panes { flex: 1; min-height: 0; display: grid; grid-template: minmax(480px, 1fr) / minmax(280px, 2fr) 3fr; overflow: auto; }
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
  code { font: 12px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
  .heads { position: sticky; inset-block-start: 0; z-index: 1; height: 32px; background: var(--ground); border-block-end: 1px solid var(--line); }
  .heads span { position: absolute; line-height: 32px; width: 140px; padding-inline: 4px; text-align: center; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; font-size: 12px; }
  .heads .ended { color: var(--soft); font-weight: 400; text-decoration: line-through; }
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
  state-chart { flex: 3; min-height: 260px; }
  .empty { flex: 1; margin: 0; padding: 24px; color: var(--soft); }
  .details { flex: 2; min-height: 120px; display: grid; grid-template-columns: 1fr 1fr; border-block-start: 1px solid var(--line); }
  .details > div { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
  .details > div + div { border-inline-start: 1px solid var(--line); }
  .head { display: flex; align-items: center; justify-content: space-between; padding: 4px 6px 4px 12px; }
  .head button { min-height: 26px; padding: 0 8px; font-size: 12px; }
  h2 { margin: 0; font-size: 13px; }
  state-value { flex: 1; min-height: 0; }
  .sending { border-block-start: 1px solid var(--line); padding-inline: 12px; max-height: 40%; overflow: auto; flex: none; }
  summary { padding-block: 6px; font-size: 13px; font-weight: 600; cursor: pointer; }
  .sending p { margin: 0 0 8px; color: var(--soft); }
  .types { display: flex; flex-wrap: wrap; gap: 6px; padding-block-end: 8px; }
  .types button { font: 12px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
  form { display: flex; gap: 8px; padding-block-end: 10px; }
  form label { flex: 1; min-width: 0; }
  form input {
    flex: 1; min-width: 0; min-height: 32px; padding: 2px 10px; color: inherit; background: var(--ground);
    border: 1px solid var(--edge); border-radius: 6px; font: 12px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
  }
  @media (forced-colors: active) {
    [role='option'][aria-selected='true'], button[aria-pressed='true'] { outline: 2px solid Highlight; outline-offset: -2px; }
  }
  @media (max-width: 760px) {
    .panes { grid-template: minmax(200px, 2fr) minmax(460px, auto) / minmax(0, 1fr); }
    .list { border-inline-end: 0; border-block-end: 1px solid var(--line); }
    state-chart { min-height: 360px; }
    .details { flex: none; grid-template-columns: 1fr; }
    .details > div { max-height: 320px; }
    .details > div + div { border-inline-start: 0; border-block-start: 1px solid var(--line); }
  }
`
