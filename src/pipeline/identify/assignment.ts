/** Larger tables are not worth their time: an audio book is in order anyway. */
export const MAX_ASSIGNED = 300;

/**
 * Pairs rows with columns so that the sum of the costs is the least; `result[row]` is a column, or -1 where there are more rows than
 * columns. Equal costs are settled by the order of rows and columns.
 */
export function assign(costs: readonly (readonly number[])[]): number[] {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  if (rows === 0 || columns === 0) return costs.map(() => -1);
  if (Math.max(rows, columns) > MAX_ASSIGNED) return costs.map((_, row) => (row < columns ? row : -1));
  if (rows <= columns) return solve(costs);
  const turned = Array.from({ length: columns }, (_, column) => costs.map((row) => row[column] ?? 0));
  const result = costs.map(() => -1);
  for (const [column, row] of solve(turned).entries()) result[row] = column;
  return result;
}

/** The Hungarian method with potentials, for at most as many rows as columns. Index 0 is nobody. */
function solve(costs: readonly (readonly number[])[]): number[] {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    const way = new Int32Array(columns + 1);
    const least = new Float64Array(columns + 1).fill(Infinity);
    const used = new Uint8Array(columns + 1);
    rowOf[0] = row;
    let column = 0;
    do {
      used[column] = 1;
      const at = rowOf[column]!;
      let step = Infinity;
      let next = 0;
      for (let c = 1; c <= columns; c++) {
        if (used[c]) continue;
        const cost = (costs[at - 1]?.[c - 1] ?? 0) - rowPotential[at]! - columnPotential[c]!;
        if (cost < least[c]!) {
          least[c] = cost;
          way[c] = column;
        }
        if (least[c]! < step) {
          step = least[c]!;
          next = c;
        }
      }
      for (let c = 0; c <= columns; c++) {
        if (used[c]) {
          rowPotential[rowOf[c]!]! += step;
          columnPotential[c]! -= step;
        } else least[c]! -= step;
      }
      column = next;
    } while (rowOf[column] !== 0);
    for (; column !== 0; column = way[column]!) rowOf[column] = rowOf[way[column]!]!;
  }
  const result = Array.from({ length: rows }, () => -1);
  for (let c = 1; c <= columns; c++) if (rowOf[c] !== 0) result[rowOf[c]! - 1] = c - 1;
  return result;
}
