import type { PlannedProperty } from '../../src/contract/plan-endpoints.ts';

/** The properties of a schema, for reading. */
export function PropertyTable({ properties }: { readonly properties: readonly PlannedProperty[] }) {
  if (properties.length === 0) return <p className="muted">The schema names no property.</p>;
  return (
    <div className="table-scroll plan-framed">
      <table className="data" aria-label="Properties">
        <thead>
          <tr>
            <th scope="col">Property</th>
            <th scope="col">Type</th>
            <th scope="col">Values</th>
          </tr>
        </thead>
        <tbody>
          {properties.map((property) => (
            <tr key={property.path}>
              <td>
                <code>{property.path}</code>
                {property.required ? <span className="plan-mark">required</span> : null}
                {property.pii === '' ? null : (
                  <span className="plan-mark plan-pii">personal: {property.pii}</span>
                )}
                {property.description === '' ? null : (
                  <span className="source-door plan-note">{property.description}</span>
                )}
              </td>
              <td>{property.type === '' ? <span className="muted">any</span> : property.type}</td>
              <td className="plan-values">
                {property.values.length === 0 ? null : (
                  <>
                    {property.isEnum ? '' : <span className="muted">like </span>}
                    {property.values.join(', ')}
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
