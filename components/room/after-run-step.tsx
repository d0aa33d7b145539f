import type { ReactNode } from 'react';

export interface AfterRunStepProps {
  icon: ReactNode;
  title: string;
  children: ReactNode;
}

/** One of the things that a person does after the run, in the order in which they are safe. */
export function AfterRunStep({ icon, title, children }: AfterRunStepProps) {
  return (
    <li className="flex gap-3 border-b border-line-soft px-4 py-3 last:border-b-0">
      <span className="mt-0.5 flex w-4.5 shrink-0 justify-center">{icon}</span>
      <div className="min-w-0 flex-1">
        <h3>{title}</h3>
        {children}
      </div>
    </li>
  );
}
