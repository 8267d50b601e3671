/** Lines on a grid of 24: drawn here, so that nothing is fetched from anywhere. */
const PATHS = {
  home: 'M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-5v-6h-4v6H5a1 1 0 0 1-1-1z',
  devices: 'M5 4h6v6H5zM13 4h6v6h-6zM5 14h6v6H5zM16 14v6M13 17h6',
  scenarios: 'M6 4h9l4 4v12H6zM9 13l2 2 4-4',
  jobs: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2',
  more: 'M5 7h14M5 12h14M5 17h14',
  services: 'M5 5h14v5H5zM5 14h14v5H5zM8 7.5h.01M8 16.5h.01',
  requests: 'M4 12l16-7-6 15-3-6z',
  tree: 'M6 4v14a1 1 0 0 0 1 1h4M6 9h5M13 7h6v4h-6zM13 17h6v4h-6z',
  titanic: 'M4 7h16v11H4zM4 8l8 6 8-6',
  users:
    'M9 5a3 3 0 1 1 0 6.01A3 3 0 0 1 9 5zM3 19c0-3 3-5 6-5s6 2 6 5M16 6a2.5 2.5 0 0 1 0 5M17 14c2 .5 4 2.200 4 5',
  audit: 'M6 4h12v16H6zM9 9h6M9 13h6M9 17h3',
  about: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5M12 8h.01',
  star: 'M12 4l2.400 5 5.600.700-4.100 3.800 1.100 5.500-5-2.800-5 2.800 1.100-5.500L4 9.700 9.600 9z',
  search: 'M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15.500 15.500L20 20',
  close: 'M6 6l12 12M18 6L6 18',
  dots: 'M12 6h.01M12 12h.01M12 18h.01',
  back: 'M14 6l-6 6 6 6',
  forward: 'M10 6l6 6-6 6',
  up: 'M6 14l6-6 6 6',
  down: 'M6 10l6 6 6-6',
  plus: 'M12 5v14M5 12h14',
  bin: 'M5 7h14M10 4h4M7 7l1 13h8l1-13',
  warn: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  play: 'M8 5l11 7-11 7z',
  stop: 'M7 7h10v10H7z',
  reload: 'M19 12a7 7 0 1 1-2-5M19 4v4h-4',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600l1.400 1.400M17 17l1.400 1.400M5.600 18.400L7 17M17 7l1.400-1.400',
  moon: 'M19 14.500A7.500 7.500 0 0 1 9.500 5 7.500 7.500 0 1 0 19 14.500z',
  system: 'M4 5h16v11H4zM9 20h6M12 16v4',
  arrange: 'M8 4v16M8 4L5 7M8 4l3 3M16 20V4M16 20l-3-3M16 20l3-3',
  camera: 'M4 8h4l1.500-2h5L16 8h4v11H4zM12 10.500a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  lock: 'M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3',
  out: 'M14 5H5v14h9M10 12h10M17 9l3 3-3 3',
  key: 'M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 12l8-8M16 7l3 3',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  upload: 'M12 16V5M7 9l5-5 5 5M5 20h14',
  hand: 'M8 12V6a1.500 1.500 0 0 1 3 0v5V4.500a1.500 1.500 0 0 1 3 0V11V6a1.500 1.500 0 0 1 3 0v8c0 4-2 6-5 6s-4-1-6-4l-2-3.500a1.500 1.500 0 0 1 2.500-1.500z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, filled = false }: { readonly name: IconName; readonly filled?: boolean }) {
  return (
    <svg
      class={filled ? 'icon icon-filled' : `icon icon-${name}`}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
