const STEPS = ['Scan', 'Type', 'Saved']

/** Where in the enrollment one is, counted from 0: the steps before are done. */
export const Steps = ({ current }: { current: number }) => (
  <ol className="steps" aria-label="Steps">
    {STEPS.map((step, index) => (
      <li
        key={step}
        aria-current={index === current ? 'step' : undefined}
        className={index < current || (step === 'Saved' && index === current) ? 'done' : undefined}
      >
        {step}
        {index < current && <span className="unseen">, done</span>}
      </li>
    ))}
  </ol>
)
