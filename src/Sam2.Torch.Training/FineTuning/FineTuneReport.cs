using System.Globalization;
using System.Text;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Torch.Training.FineTuning;

/// <summary>What fine-tuning has changed: scores and pictures before and after, in <c>report.md</c> and <c>report.html</c>.</summary>
/// <param name="Before">The model before.</param>
/// <param name="After">The model that the run leaves.</param>
/// <param name="Facts">What was done, by name: the model, numbers of pictures, steps, time …</param>
public sealed record FineTuneReport(FineTuneScores Before, FineTuneScores After, IReadOnlyList<(string Name, string Value)> Facts)
{
    private const int ShownPictures = 8, LargestWidth = 360;

    /// <summary>The line that matters most.</summary>
    public string Headline
    {
        get
        {
            var (before, after) = (Before.Means[0].Value, After.Means[0].Value);
            return string.Create(CultureInfo.InvariantCulture, $"{Before.Means[0].Name}: {100 * before:0.0} before, {100 * after:0.0} after");
        }
    }

    /// <summary>Writes the report, and its pictures into <c>pictures/</c>.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="pictures">The pictures that were measured, in the order of the scores.</param>
    /// <exception cref="TrainingException">A file can't be written.</exception>
    public void Write(string folder, IReadOnlyList<IAnnotatedVideo> pictures)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        var title = "Fine-tuning";
        var (page, text) = (new HtmlPage(title).Headline(Headline), new StringBuilder($"# {title}\n\n**{Headline}**\n"));
        foreach (var (heading, note, table) in Sections())
        {
            page.Heading(heading).Table(table);
            text.Append(CultureInfo.InvariantCulture, $"\n## {heading}\n\n{table.ToMarkdown()}");
            if (note.Length == 0)
                continue;
            page.Paragraph(note);
            text.Append(CultureInfo.InvariantCulture, $"\n{note}\n");
        }

        const string Order = "Truth, before, after: masks after one click at the centre of each object. Those that changed most for the better come first.";
        page.Heading("Pictures").Paragraph(Order);
        text.Append(CultureInfo.InvariantCulture, $"\n## Pictures\n\n{Order}\n");
        foreach (var index in Shown())
        {
            var image = Draw(pictures[index], Before.Pictures[index].Masks, After.Pictures[index].Masks);
            var caption = string.Create(
                CultureInfo.InvariantCulture,
                $"{pictures[index].Name}: mIoU {100 * Before.Pictures[index].ClickIou:0.0} before, {100 * After.Pictures[index].ClickIou:0.0} after");
            page.Picture(image, caption);
            var file = string.Create(CultureInfo.InvariantCulture, $"pictures/{index + 1:000}-{FileName(pictures[index].Name)}.png");
            Save(Path.Combine(folder, file), stream =>
            {
                using var png = ImageFile.EncodePng(image);
                stream.Write(png.AsSpan());
            });
            text.Append(CultureInfo.InvariantCulture, $"\n![{caption}]({file})\n\n{caption}\n");
        }

        Save(Path.Combine(folder, "report.html"), stream => stream.Write(Encoding.UTF8.GetBytes(page.ToString())));
        Save(Path.Combine(folder, "report.md"), stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private IEnumerable<(string Heading, string Note, ReportTable Table)> Sections()
    {
        yield return ("Scores", $"In percent, of {After.Objects} objects on {After.Pictures.Count} pictures that were not trained on. Of several points of the run the best on them was kept, so "
            + "new pictures may score a little lower.", new ReportTable(
            ["", "before", "after", "change"],
            [.. Before.Means.Zip(After.Means, (before, after) => (IReadOnlyList<string>)[before.Name, Percent(before.Value), Percent(after.Value), Change(before.Value, after.Value)])]));
        yield return ("Run", "", new ReportTable(["", "value"], [.. Facts.Select(fact => (IReadOnlyList<string>)[fact.Name, fact.Value])]));
        yield return ("Validation pictures", "mIoU after one click, in percent.", new ReportTable(
            ["picture", "objects", "before", "after", "change"],
            [.. Before.Pictures.Zip(After.Pictures, (before, after) => (IReadOnlyList<string>)
                [
                    before.Result.Video, before.Result.Objects.Count.ToString(CultureInfo.InvariantCulture), Percent(before.ClickIou), Percent(after.ClickIou),
                    Change(before.ClickIou, after.ClickIou),
                ])]));
    }

    /// <summary>Which pictures are shown: from the one that gained most to the one that lost most, or evenly chosen of these.</summary>
    private IEnumerable<int> Shown()
    {
        var order = Enumerable.Range(0, After.Pictures.Count).OrderByDescending(i => After.Pictures[i].ClickIou - Before.Pictures[i].ClickIou).ToList();
        var count = Math.Min(ShownPictures, order.Count);
        return Enumerable.Range(0, count).Select(i => order[count == 1 ? 0 : i * (order.Count - 1) / (count - 1)]);
    }

    private static RgbImage Draw(IAnnotatedVideo picture, IReadOnlyDictionary<int, BinaryMask> before, IReadOnlyDictionary<int, BinaryMask> after)
    {
        var image = picture.ReadFrame(0);
        RgbImage With(IReadOnlyDictionary<int, BinaryMask> masks)
        {
            var drawn = Overlay.Draw(image, [.. masks.OrderBy(mask => mask.Key).Select(mask => new OverlayObject(mask.Key, mask.Value))]);
            return drawn.Width <= LargestWidth ? drawn : drawn.Shrink(LargestWidth, Math.Max(1, drawn.Height * LargestWidth / drawn.Width));
        }

        return Overlay.SideBySide(With(picture.ReadMasks(0)), With(before), With(after));
    }

    private static string FileName(string name) => string.Concat(name.Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));

    private static void Save(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, write, e => new TrainingException($"{path} can't be written: {e.Message.TrimEnd('.')}. Check that the folder is writable and has room.", e));
    }

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Change(double before, double after) => (100 * (after - before)).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture);
}
