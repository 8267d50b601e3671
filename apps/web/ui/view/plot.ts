import UPlot from 'uplot';
import { formatMeasured, unitText } from '../model/format.js';

export interface PlotOptions {
  readonly title: string;
  readonly unit: string | undefined;
  readonly height: number;
  readonly data: [number[], number[]];
}

/** Between two times on the axis: whole seconds, for at most an hour. */
const STEPS_S = [1, 5, 15, 30, 60, 300, 600, 900, 1800];

/** Draws into an element, in the colours of the page. */
export function draw(element: HTMLElement, { title, unit, height, data }: PlotOptions): UPlot {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const [minutes, seconds] = [UPlot.fmtDate('{HH}:{mm}'), UPlot.fmtDate('{HH}:{mm}:{ss}')];
  const font = `13px ${style.getPropertyValue('--sans').trim()}`;
  const axis = {
    stroke: colour('soft'),
    font,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
  };
  return new UPlot(
    {
      width: element.clientWidth,
      height,
      cursor: { y: false },
      padding: [12, 32, 0, 0],
      scales: { x: { time: true } },
      series: [
        { label: 'Time', value: '{HH}:{mm}:{ss}' },
        {
          label: title,
          stroke: colour('accent'),
          fill: colour('accent-soft'),
          width: 2,
          points: { show: false },
          value: (_, value: number | null) =>
            value === null ? '–' : `${formatMeasured(value)}${unitText(unit)}`,
        },
      ],
      axes: [
        {
          ...axis,
          values: (_, splits, _axis, _space, step) =>
            splits.map((at) => (step < 60 ? seconds : minutes)(new Date(at * 1000))),
          incrs: STEPS_S,
          space: 80,
          size: 36,
        },
        { ...axis, size: 56 },
      ],
    },
    data,
    element,
  );
}
