/** The price of an order in cents: the sum of its lines, less ten percent from 100 euros on. */
export function price(lines) {
  const sum = lines.reduce((total, line) => total + line.quantity * line.cents, 0);
  return sum > 10_000 ? Math.round(sum * 0.9) : sum;
}
