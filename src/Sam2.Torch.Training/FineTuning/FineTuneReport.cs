using System.Globalization;
using System.Text;
using Sam2.Torch.Data;
using Sam2.Torch.Evaluation.Protocols;
using Sam2.Torch.Evaluation.Reports;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;

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

/// <summary>What a model makes of pictures: scores of every object, and the masks after one click.</summary>
/// <param name="Pictures">One entry per picture.</param>
public sealed record FineTuneScores(IReadOnlyList<FineTuneScores.Picture> Pictures)
{
    private const int Clicks = 3;

    /// <summary>The scores by name: mean IoUs over all objects, 0 to 1.</summary>
    public IReadOnlyList<(string Name, double Value)> Means =>
    [
        ("mIoU, one click", Mean(o => o.ClickIous[0])),
        ("mIoU, three clicks", Mean(o => o.ClickIous[Clicks - 1])),
        ("mIoU, a box", Mean(o => o.BoxIou)),
    ];

    /// <summary>The number of objects.</summary>
    public int Objects => Pictures.Sum(picture => picture.Result.Objects.Count);

    /// <summary>Measures a model by the protocol of images: clicks at the centre of the largest error, and a box.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <param name="cancellationToken">Ends the work between two pictures.</param>
    /// <exception cref="DatasetException">An annotation is missing or damaged.</exception>
    public static FineTuneScores Measure(Sam2Model model, IReadOnlyList<IAnnotatedVideo> pictures, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        var protocol = new ImageProtocol(new() { Clicks = Clicks });
        var results = new List<Picture>();
        foreach (var picture in pictures)
        {
            progress?.Report(results.Count);
            var masks = new Kept();
            var result = protocol.Run(model, picture, new VideoObserver(masks, CancellationToken: cancellationToken));
            results.Add(new Picture(result, masks.Masks));
        }
        return new(results);
    }

    private double Mean(Func<ImageObjectResult, double> value) => Pictures.SelectMany(picture => picture.Result.Objects).Select(value).DefaultIfEmpty(double.NaN).Average();

    /// <summary>What was measured on a picture.</summary>
    /// <param name="Result">The scores of its objects.</param>
    /// <param name="Masks">The masks after one click, by object.</param>
    public sealed record Picture(ImageResult Result, IReadOnlyDictionary<int, BinaryMask> Masks)
    {
        /// <summary>Mean IoU after one click.</summary>
        public double ClickIou => Result.Objects.Select(o => o.ClickIous[0]).DefaultIfEmpty(double.NaN).Average();
    }

    private sealed class Kept : IPredictionSink
    {
        public IReadOnlyDictionary<int, BinaryMask> Masks { get; private set; } = new Dictionary<int, BinaryMask>();

        public void Write(int frame, IReadOnlyDictionary<int, BinaryMask> masks) => Masks = masks;
    }
}
