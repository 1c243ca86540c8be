/**
 * Leaves out positions of a line without moving it by more than a tolerance: from each position that stays, a cone is kept in which the line may
 * go on so that it passes all positions since near enough. One pass, whatever the line's length.
 * @param xy x and y of each position.
 * @param from, to the first position and the one after the last.
 * @param into takes x and y of those that stay, from its start.
 * @returns how many stay: the first and the last always.
 */
export function simplify(xy: Float64Array, from: number, to: number, tolerance: number, into: Float64Array): number {
  let kept = 0;
  if (to <= from) return 0;
  let [anchorX, anchorY] = [xy[2 * from] ?? 0, xy[2 * from + 1] ?? 0];
  into[kept++] = anchorX;
  into[kept++] = anchorY;
  let [lastX, lastY] = [anchorX, anchorY];
  let isOpen = false;
  // The cone's sides: directions from the anchor, the left one counter-clockwise of the right one.
  let [leftX, leftY, rightX, rightY] = [0, 0, 0, 0];
  let farthest = 0;
  for (let i = from + 1; i < to; i++) {
    const x = xy[2 * i] ?? 0;
    const y = xy[2 * i + 1] ?? 0;
    let dx = x - anchorX;
    let dy = y - anchorY;
    let distance = Math.sqrt(dx * dx + dy * dy);
    // Turning back shortens a spike, which no cone shows.
    const fits = !isOpen || (distance >= farthest - tolerance && leftX * dy - leftY * dx <= 0 && rightX * dy - rightY * dx >= 0);
    if (!fits) {
      anchorX = lastX;
      anchorY = lastY;
      into[kept++] = anchorX;
      into[kept++] = anchorY;
      isOpen = false;
      farthest = 0;
      dx = x - anchorX;
      dy = y - anchorY;
      distance = Math.sqrt(dx * dx + dy * dy);
    }
    lastX = x;
    lastY = y;
    if (distance > farthest) farthest = distance;
    if (distance <= tolerance) continue;
    // The directions that pass within the tolerance of this position.
    const sine = tolerance / distance;
    const cosine = Math.sqrt(1 - sine * sine);
    const upX = dx * cosine - dy * sine;
    const upY = dx * sine + dy * cosine;
    const downX = dx * cosine + dy * sine;
    const downY = dy * cosine - dx * sine;
    if (!isOpen) {
      isOpen = true;
      leftX = upX;
      leftY = upY;
      rightX = downX;
      rightY = downY;
      continue;
    }
    if (leftX * upY - leftY * upX < 0) {
      leftX = upX;
      leftY = upY;
    }
    if (rightX * downY - rightY * downX > 0) {
      rightX = downX;
      rightY = downY;
    }
  }
  if (to - from > 1) {
    into[kept++] = lastX;
    into[kept++] = lastY;
  }
  return kept / 2;
}
