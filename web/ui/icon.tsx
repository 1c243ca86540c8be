const PATHS = {
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM20 20l-4-4',
  plus: 'M12 5v14M5 12h14',
  check: 'm5 12.500 4.500 4.500L19 7',
  close: 'M6 6l12 12M18 6 6 18',
  crate: 'M3.500 8 12 3.500 20.500 8v8.500L12 20.500 3.500 16.500ZM3.500 8 12 12.500 20.500 8M12 12.500v8',
  download: 'M12 4v11m0 0 4.500-4.500M12 15l-4.500-4.500M4.500 19.500h15',
  map: 'm9 4-6 2.500v13.500l6-2.500 6 2.500 6-2.500V4l-6 2.500L9 4Zm0 0v13.500M15 6.500V20',
  layers: 'm12 3.500 9 5-9 5-9-5 9-5ZM3.500 13l8.500 4.700L20.500 13',
  vector: 'M5 17 9 6l10 3-3 10-11-2ZM5 17h.01M9 6h.01M19 9h.01M16 19h.01',
  table: 'M4 5h16v14H4ZM4 10h16M4 14.500h16M10 10v9',
  raster: 'M4 5h16v14H4Zm0 11 5-5 4 4 3-3 4 4M15.500 9h.01',
  grid: 'M3 18.500 8.500 8l3.500 6 3-4.500 6 9ZM3 18.500h18',
  rat: 'M4 4h7v7H4ZM13 4h7v7h-7ZM4 13h7v7H4ZM13 13h7v7h-7Z',
  polygon: 'm12 4 8 6-3 9.500H7L4 10Z',
  rectangle: 'M4 6.500h16v11H4Z',
  freehand: 'M5 16c-2-5 2-11 7-11 4 0 8 2 7 6s-4 2-5 5-7 5-9 0Z',
  edit: 'M4 20h4L19.500 8.500l-4-4L4 16ZM13.500 6.500l4 4',
  trash: 'M5 7h14M10 7V4.500h4V7M7 7l1 12.500h8L17 7M10.500 11v5M13.500 11v5',
  upload: 'M12 16V5m0 0L7.500 9.500M12 5l4.500 4.500M4.500 19.500h15',
  paste: 'M9 5H6v15h12V5h-3M9 3.500h6v3H9ZM9 11h6M9 15h6',
  place: 'M12 21s7-6.500 7-11.500a7 7 0 0 0-14 0C5 14.500 12 21 12 21ZM12 12.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  view: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  coordinates: 'M12 3v18M3 12h18M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z',
  copy: 'M8 8h12v12H8ZM16 8V4H4v12h4',
  code: 'm8 7-5 5 5 5M16 7l5 5-5 5',
  share: 'M10 14a4 4 0 0 0 6 .4l3-3a4.200 4.200 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4.200 4.200 0 0 0 6 6l1-1',
  repeat: 'M4 11V9.500A3.500 3.500 0 0 1 7.500 6H19l-3-3M20 13v1.500a3.500 3.500 0 0 1-3.500 3.500H5l3 3',
  bell: 'M6 16V11a6 6 0 1 1 12 0v5l1.500 2h-15ZM10 20.500h4',
  clock: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17ZM12 7.500V12l3 2',
  warning: 'M12 4 2.500 20h19ZM12 10v4.500M12 17.200h.01',
  error: 'M8.500 3.500h7l5 5v7l-5 5h-7l-5-5v-7ZM12 7.500V13M12 16h.01',
  stop: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17ZM6.500 6.500l11 11',
  gone: 'M4 8h16M6 8v12h12V8M9 4h6M10 12h4',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.500 20.500c1-4 4-5.500 7.500-5.500s6.500 1.500 7.500 5.500',
  forward: 'M9 5l7 7-7 7',
  back: 'M15 5l-7 7 7 7',
  down: 'm5 9 7 7 7-7',
  info: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17ZM12 11v5.500M12 7.800h.01',
  file: 'M6 3.500h8l4.500 4.500v12.500H6ZM13.500 3.500V8.500h5',
  points: 'M6 7h.01M17 6h.01M11 12h.01M6 17h.01M18 16h.01',
  lines: 'M4 18c3 0 3-6 7-6s3-6 9-6',
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside words, which grows with them: `size` is in pixels at the usual size of text. Readers of screens need not hear of it. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  const side = `${size / 16}rem`;
  return (
    <svg
      class={`icon icon-${name}`}
      width={side}
      height={side}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width={name === 'points' ? 3.5 : 1.7}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
