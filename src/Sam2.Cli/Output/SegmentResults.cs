using System.Globalization;
using Sam2.Cli.Commands;
using Sam2.Cli.Prompts;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Cli.Output;

/// <summary>Writes what <c>sam2 segment</c> was asked to save of a picture.</summary>
internal static class SegmentResults
{
    /// <summary>What is written of a single picture, as far as it is known before.</summary>
    /// <param name="save">What was asked for.</param>
    public static IEnumerable<string> Planned(IEnumerable<string> save) =>
        save.Select(kind => kind switch { "masks" => "mask_0.png", "cutout" => "cutout_0.png", _ => kind + ".png" });

    /// <summary>Writes what was asked for.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="input">The picture and its prompts.</param>
    /// <param name="masks">The masks, best first.</param>
    /// <param name="place">Where to.</param>
    /// <returns>A description of each mask.</returns>
    public static MaskReport[] Write(SegmentRequest request, SegmentInput input, IReadOnlyList<PredictedMask> masks, SegmentPlace place)
    {
        var (image, prompts) = (input.Image, input.Prompts);
        OutputFolder.Create(place.Directory);
        var reports = new MaskReport[masks.Count];
        for (var i = 0; i < masks.Count; i++)
        {
            var mask = masks[i];
            string? file = null;
            if (request.Save.Contains("masks"))
            {
                file = Path.Combine(place.Shown, $"mask_{i}.png");
                MaskFile.WritePng(Path.Combine(place.Directory, $"mask_{i}.png"), mask.Mask);
            }

            if (request.Save.Contains("cutout"))
            {
                ImageFile.Write(Path.Combine(place.Directory, $"cutout_{i}.png"), Overlay.CutOut(image, mask.Mask, crop: true));
            }

            var rle = CocoRle.Encode(mask.Mask);
            var box = mask.Mask.BoundingBox;
            reports[i] = new MaskReport(
                file, mask.Score, mask.Mask.Area, [box.X, box.Y, box.Width, box.Height],
                new RleReport([rle.Height, rle.Width], rle.ToCompressedString()), prompts.Count > 1 ? mask.Object : null);
        }

        WriteOverlays(request, input, masks, place);
        return reports;
    }

    /// <summary>Writes the picture with the best mask of each object, and what was asked.</summary>
    private static void WriteOverlays(SegmentRequest request, SegmentInput input, IReadOnlyList<PredictedMask> masks, SegmentPlace place)
    {
        var (image, prompts) = (input.Image, input.Prompts);
        if (!request.Save.Overlaps(["overlay", "side-by-side"]))
        {
            return;
        }

        string Label(PredictedMask mask) => string.Create(CultureInfo.InvariantCulture, $"{mask.Object + 1}: {mask.Score:0.00}");
        var drawn = Overlay.Draw(
            image,
            [.. masks.DistinctBy(mask => mask.Object).Select(mask => new OverlayObject(mask.Object + 1, mask.Mask, request.Pictures.Labels ? Label(mask) : null))],
            ShownPrompts.Of(prompts.Select((prompt, i) => (i + 1L, prompt.Points, prompt.Box))),
            request.Pictures.Style);
        if (request.Save.Contains("overlay"))
        {
            ImageFile.Write(Path.Combine(place.Directory, "overlay.png"), drawn);
        }

        if (request.Save.Contains("side-by-side"))
        {
            ImageFile.Write(Path.Combine(place.Directory, "side-by-side.png"), Overlay.SideBySide(image, drawn));
        }
    }
}

/// <summary>Where the results of a picture go.</summary>
/// <param name="Directory">Where they are written.</param>
/// <param name="Shown">Where they will be in the end, as reports say.</param>
internal sealed record SegmentPlace(string Directory, string Shown);

/// <summary>A mask that the model has predicted.</summary>
/// <param name="Object">Which of the prompts it answers, from 0.</param>
/// <param name="Mask">Its pixels.</param>
/// <param name="Score">The IoU that the model predicts, 0 to 1.</param>
internal sealed record PredictedMask(int Object, BinaryMask Mask, float Score);
