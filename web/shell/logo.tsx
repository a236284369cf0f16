/** The mark: two streams that join a third. */
export function LogoMark({ size = 24 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" className="logo-mark">
      <rect width="32" height="32" rx="8" />
      <g fill="none" stroke="#fff" strokeLinecap="round" strokeWidth="2.6">
        <path d="M8 6.5c0 7 8 6.5 8 13v6" />
        <path d="M24 6.5c0 7-8 6.5-8 13" opacity=".72" />
        <path d="M16 6.5v7" opacity=".45" />
      </g>
    </svg>
  );
}
