using Sam2.Torch.Masks;
using Sam2.Torch.Prediction;

namespace Sam2.Cli.Prompts;

/// <summary>Prompts as overlays show them.</summary>
internal static class ShownPrompts
{
    /// <summary>The points and boxes of prompts; points that several share are shown once.</summary>
    /// <param name="prompts">Each prompt, in pixels of the picture, with the number of its object, which decides a box's colour.</param>
    public static OverlayPrompts Of(IEnumerable<(long Object, IReadOnlyList<PointPrompt> Points, BoxPrompt? Box)> prompts)
    {
        var list = prompts.ToList();
        return new OverlayPrompts
        {
            Points = [.. list.SelectMany(prompt => prompt.Points).Distinct().Select(p => ((double)p.X, (double)p.Y, p.IsForeground))],
            Boxes = [.. list.Where(prompt => prompt.Box is not null)
                .Select(prompt => (prompt.Object, Box: prompt.Box!.Value))
                .Select(b => ((double)b.Box.X0, (double)b.Box.Y0, (double)b.Box.X1, (double)b.Box.Y1, b.Object))],
        };
    }
}
