using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Data.Drawn;

/// <summary>
/// Pictures of cells under a microscope, as a stained section shows them: pale bodies with a dark nucleus and a thin wall, on a streaky ground.
/// An object is a whole cell. A model that knows everyday things finds the nucleus where a cell is meant, so there is something to fine-tune on.
/// </summary>
public static class CellPictures
{
    private const int FewestCells = 3, MostCells = 7, Attempts = 60;

    /// <summary>Draws a picture. Equal seeds and sizes give equal pictures.</summary>
    /// <param name="seed">Chooses the picture.</param>
    /// <param name="width">Width in pixels, at least 32.</param>
    /// <param name="height">Height in pixels, at least 32.</param>
    /// <returns>The picture, and the mask of each cell by its number, from 1.</returns>
    public static (RgbImage Image, IReadOnlyDictionary<int, BinaryMask> Masks) Draw(ulong seed, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 32);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 32);
        var random = SplitMix64.Mix(seed + 1);
        double Between(double low, double high) => low + ((high - low) * SplitMix64.NextDouble(ref random));
        var cells = new List<Cell>();
        var wanted = FewestCells + (int)Between(0, MostCells - FewestCells + 1);
        var side = Math.Min(width, height);
        for (var i = 0; i < Attempts && cells.Count < wanted; i++)
        {
            var radius = Between(0.09, 0.2) * side;
            var cell = new Cell(
                Between(radius, width - radius), Between(radius, height - radius), radius, Between(0.65, 1), Between(0, Math.PI),
                Between(-0.3, 0.3), Between(-0.3, 0.3), Between(0.3, 0.5), Between(0.8, 1.15));
            if (cells.TrueForAll(other => Math.Sqrt(Square(other.X - cell.X) + Square(other.Y - cell.Y)) > (other.Radius + cell.Radius) * 1.02)) cells.Add(cell);
        }

        var (direction, wave, shade) = (Between(0, Math.PI), Between(0.25, 0.6), Between(0.92, 1.04));
        var image = new RgbImage(width, height);
        var masks = cells.Index().ToDictionary(cell => cell.Index + 1, _ => new BinaryMask(height, width));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                // The ground's streaks, then the cell that covers it: its body, its wall, its nucleus.
                var streak = 7 * Math.Sin((wave * ((x * Math.Cos(direction)) + (y * Math.Sin(direction)))) + (2 * Math.Sin(0.05 * (x - y))));
                var (red, green, blue) = (shade * (236 + streak), shade * (208 + (1.4 * streak)), shade * (224 + streak));
                for (var i = 0; i < cells.Count; i++)
                {
                    var distance = cells[i].Distance(x, y);
                    if (distance >= 1) continue;
                    masks[i + 1][y, x] = true;
                    var tint = cells[i].Tint;
                    (red, green, blue) = cells[i].IsNucleus(x, y) ? (84 * tint, 48 * tint, 128 * tint)
                        : distance > 0.93 ? (188 * tint, 120 * tint, 170 * tint)
                        : (218 * tint, 160 * tint, 196 * tint);
                }

                var grain = Between(-11, 11);
                image[x, y] = new Rgb(Byte(red + grain), Byte(green + grain), Byte(blue + grain));
            }
        }

        return (image, masks);
    }

    private static byte Byte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);

    private static double Square(double value) => value * value;

    /// <summary>A cell: an ellipse with a round nucleus.</summary>
    /// <param name="X">Column of its centre.</param>
    /// <param name="Y">Row of its centre.</param>
    /// <param name="Radius">Its larger radius.</param>
    /// <param name="Flatness">The smaller radius, as a share of the larger.</param>
    /// <param name="Turn">The angle of the larger radius.</param>
    /// <param name="NucleusX">How far the nucleus is off the centre, in radii.</param>
    /// <param name="NucleusY">The same, across.</param>
    /// <param name="NucleusRadius">Its size, in radii.</param>
    /// <param name="Tint">How bright the cell is.</param>
    private sealed record Cell(
        double X, double Y, double Radius, double Flatness, double Turn, double NucleusX, double NucleusY, double NucleusRadius, double Tint)
    {
        /// <summary>How far out a pixel lies; 1 at the edge.</summary>
        public double Distance(int x, int y)
        {
            var (u, v) = Local(x, y);
            return Math.Sqrt(Square(u) + Square(v));
        }

        public bool IsNucleus(int x, int y)
        {
            var (u, v) = Local(x, y);
            return Math.Sqrt(Square(u - NucleusX) + Square(v - NucleusY)) < NucleusRadius;
        }

        private (double U, double V) Local(int x, int y)
        {
            var (dx, dy) = ((x - X) / Radius, (y - Y) / Radius);
            return ((dx * Math.Cos(Turn)) + (dy * Math.Sin(Turn)), ((dy * Math.Cos(Turn)) - (dx * Math.Sin(Turn))) / Flatness);
        }
    }
}
