/** The page's only picture: a shield, with a check mark if the account is protected. */
export const Shield = ({ checked = false }: { checked?: boolean }) => (
  <svg className="shield" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M12 2.8 4.8 5.6v5.9c0 4.5 3 8 7.2 9.7 4.2-1.7 7.2-5.2 7.2-9.7V5.6z" />
    {checked && <path d="m8.6 11.9 2.4 2.5 4.5-4.9" />}
  </svg>
)
