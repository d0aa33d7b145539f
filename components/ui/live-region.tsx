export interface LiveRegionProps {
  /** What is said. The region has to be on the page before the message changes. */
  message: string;
  /** 'assertive' interrupts: only for failed and unknown. */
  politeness?: 'polite' | 'assertive';
}

/** Tells people who listen what changed. Nothing to be seen. */
export function LiveRegion({ message, politeness = 'polite' }: LiveRegionProps) {
  return (
    <div role={politeness === 'assertive' ? 'alert' : 'status'} className="sr-only">
      {message}
    </div>
  );
}
