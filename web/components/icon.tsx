/** 24 x 24, drawn with strokes unless filled. */
const STROKED = {
  shuffle:
    'M3 7h3.5c2 0 3.3 1 4.4 2.6l2.2 4.8C14.2 16 15.5 17 17.5 17H21M3 17h3.5c1.6 0 2.8-.6 3.7-1.8M13.8 8.8C14.7 7.6 15.9 7 17.5 7H21M18.5 4.5 21 7l-2.5 2.5M18.5 14.5 21 17l-2.5 2.5',
  repeat:
    'M4 11V9.5A3.5 3.5 0 0 1 7.5 6H20M17.5 3.5 20 6l-2.5 2.5M20 13v1.5a3.5 3.5 0 0 1-3.5 3.5H4M6.5 20.5 4 18l2.5-2.5',
  volume: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11',
  muted: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5',
  queue: 'M4 6h16M4 11h16M4 16h9M16.5 14.5v5l4-2.5z',
  library: 'M5 4v16M9.5 4v16M14 4.5l5 15.2',
  rooms:
    'M7 3h10a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM12 7.2v.1M15 14.5a3 3 0 1 1-6 0 3 3 0 0 1 6 0z',
  disc: 'M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM14.2 12a2.2 2.2 0 1 1-4.4 0 2.2 2.2 0 0 1 4.4 0z',
  search: 'M16.5 10.5a6 6 0 1 1-12 0 6 6 0 0 1 12 0zM15 15l5 5',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  handle: 'M5 9h14M5 15h14',
  undo: 'M8.5 5 4.5 9l4 4M4.5 9H14a5.5 5.5 0 0 1 0 11h-3.5',
  redo: 'M15.5 5l4 4-4 4M19.5 9H10a5.5 5.5 0 0 0 0 11h3.5',
  check: 'M5 12.5 10 17.5 19.5 7',
  warning: 'M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.1',
  back: 'M15 5l-7 7 7 7',
  chevron: 'M7 10l5 5 5-5',
  up: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  top: 'M5 4h14M12 20V8.5M6.5 14 12 8.5 17.5 14',
  trash: 'M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10 11v5M14 11v5',
  settings:
    'M4 7h9M17 7h3M4 17h3M11 17h9M17 7a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM11 17a2 2 0 1 1-4 0 2 2 0 0 1 4 0z',
  radio:
    'M12 12.1v-.2M8.5 15.5a5 5 0 0 1 0-7M15.5 8.5a5 5 0 0 1 0 7M5.5 18.5a9.2 9.2 0 0 1 0-13M18.5 5.5a9.2 9.2 0 0 1 0 13',
  edit: 'M4.5 19.5h4L19 9a2.1 2.1 0 0 0 0-3l-1-1a2.1 2.1 0 0 0-3 0L4.5 15.5zM13 7l4 4',
  save: 'M4 6h12M4 11h12M4 16h7M17.5 13v7M14 16.5h7',
  next: 'M4 6h10M4 11h6M4 16h6M13 12.5v7l7-3.5z',
  scan: 'M19.5 8A8.3 8.3 0 0 0 4.7 9M4.5 16a8.3 8.3 0 0 0 14.8-1M20 3.5V8h-4.5M4 20.5V16h4.5',
  note: 'M9 18V5.5L19 4v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  group:
    'M9 14.5a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM21 14.5a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM6 11.5V9a3 3 0 0 1 3-3h6a3 3 0 0 1 3 3v2.5',
  pulse: 'M3 12h4l2.5-6 4.5 12 2.5-6H21',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.5-4 3.5-6 7.5-6s7 2 7.5 6',
  people:
    'M9 11.5a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4zM2.5 20c.4-3.6 3-5.4 6.5-5.4s6.1 1.8 6.5 5.4M15.8 4.4a3.7 3.7 0 0 1 0 6.8M18 15c2 .8 3.2 2.5 3.5 5',
  heart: 'M12 20 4.6 12.7a4.7 4.7 0 0 1 6.7-6.6l.7.7.7-.7a4.7 4.7 0 0 1 6.7 6.6z',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5a2.2 2.2 0 0 0 4 0',
  moon: 'M19.5 14.8A8 8 0 1 1 9.2 4.5a6.3 6.3 0 0 0 10.3 10.3z',
  share: 'M12 15V4M8 7.5 12 3.5l4 4M6 11H5v9h14v-9h-1',
} as const;

const FILLED = {
  play: 'M7 4.2v15.6a.8.8 0 0 0 1.2.7l12.6-7.8a.8.8 0 0 0 0-1.4L8.2 3.5A.8.8 0 0 0 7 4.2z',
  pause:
    'M7 4h3.2a.8.8 0 0 1 .8.8v14.4a.8.8 0 0 1-.8.8H7a.8.8 0 0 1-.8-.8V4.8A.8.8 0 0 1 7 4zm6.8 0H17a.8.8 0 0 1 .8.8v14.4a.8.8 0 0 1-.8.8h-3.2a.8.8 0 0 1-.8-.8V4.8a.8.8 0 0 1 .8-.8z',
  forward:
    'M4.5 5.3v13.4a.7.7 0 0 0 1.1.6L16 12.6v5.9a1 1 0 0 0 1 1h1.5a1 1 0 0 0 1-1v-13a1 1 0 0 0-1-1H17a1 1 0 0 0-1 1v5.9L5.6 4.7a.7.7 0 0 0-1.1.6z',
  backward:
    'M19.5 5.3v13.4a.7.7 0 0 1-1.1.6L8 12.6v5.9a1 1 0 0 1-1 1H5.5a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1H7a1 1 0 0 1 1 1v5.9l10.4-6.7a.7.7 0 0 1 1.1.6z',
  more: 'M7 12a2 2 0 1 1-4 0 2 2 0 0 1 4 0zm7 0a2 2 0 1 1-4 0 2 2 0 0 1 4 0zm7 0a2 2 0 1 1-4 0 2 2 0 0 1 4 0z',
} as const;

export type IconName = keyof typeof STROKED | keyof typeof FILLED;

const isFilled = (name: IconName): name is keyof typeof FILLED => Object.hasOwn(FILLED, name);

/** A picture that says nothing to screen readers: what it stands on has the label. */
export function Icon({ name, size = 24 }: { name: IconName; size?: number }) {
  const filled = isFilled(name);
  return (
    <svg class="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" focusable="false">
      <path
        d={filled ? FILLED[name] : STROKED[name]}
        fill={filled ? 'currentColor' : 'none'}
        stroke={filled ? 'none' : 'currentColor'}
        stroke-width="1.8"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
