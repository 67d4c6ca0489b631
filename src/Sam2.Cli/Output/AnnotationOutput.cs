using Sam2.Torch.Data.Annotation;

namespace Sam2.Cli.Output;

/// <summary>The annotations of a folder's pictures in one format, as results of a run that can be continued.</summary>
internal sealed class AnnotationOutput : IDisposable
{
    private readonly RunOutput _run;
    private readonly string _format;

    /// <summary>Begins or continues.</summary>
    /// <param name="run">Where they are written.</param>
    /// <param name="format">One of <see cref="AnnotationFormats.Names"/>.</param>
    /// <param name="categories">The categories that objects belong to.</param>
    public AnnotationOutput(RunOutput run, string format, IReadOnlyList<AnnotationCategory> categories)
    {
        (_run, _format) = (run, format);
        if (AnnotationFormats.IsOneFile(format) && run.Continued is not null)
        {
            // The file is finished already; to be continued, it has to lie where the run writes.
            var name = AnnotationFormats.FileFor(format, "");
            var (finished, part) = (Path.Combine(run.Folder, name), Path.Combine(run.Staging, name));
            if (File.Exists(finished) && !Directory.EnumerateFiles(run.Staging, name + "*").Any()) File.Copy(finished, part);
        }

        Writer = AnnotationFormats.Create(format, run.Staging, categories);
    }

    /// <summary>Writes them.</summary>
    public IAnnotationWriter Writer { get; }

    /// <summary>Whether a picture was annotated by this run or one that it continues.</summary>
    public bool Contains(string picture) => Writer.Contains(picture)
        || (!AnnotationFormats.IsOneFile(_format) && _run.Continued?.Owns(AnnotationFormats.FileFor(_format, picture)) == true
            && Path.Exists(Path.Combine(_run.Folder, AnnotationFormats.FileFor(_format, picture))));

    public void Dispose() => Writer.Dispose();
}

/// <summary>The pictures of a folder that are no frames of a video: each is worked on by itself.</summary>
internal static class UnrelatedPictures
{
    /// <summary>Their names in natural order.</summary>
    /// <exception cref="CliException">There is no such folder, or no picture in it.</exception>
    public static IReadOnlyList<string> In(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new CliException(File.Exists(folder) ? $"{folder} is a file; give the folder of pictures" : $"the folder {folder} does not exist");
        }

        List<string> names = [.. Torch.Media.PictureFolder.Files(folder).Select(file => Path.GetFileName(file)).Order(Torch.Media.NaturalOrder.Comparer)];
        return names.Count > 0 ? names : throw new CliException($"{folder} holds no pictures ({string.Join(", ", Torch.Media.ImageFile.Extensions)})");
    }

    /// <summary>
    /// The pictures that aren't worked on, since an earlier one has their name with another ending and would have the same files; none where all
    /// annotations are in one file.
    /// </summary>
    /// <param name="names">Their names.</param>
    /// <param name="format">One of <see cref="AnnotationFormats.Names"/>.</param>
    public static IReadOnlySet<string> WithTakenNames(IReadOnlyList<string> names, string format) => AnnotationFormats.IsOneFile(format)
        ? new HashSet<string>()
        : names.GroupBy(Path.GetFileNameWithoutExtension).SelectMany(same => same.Skip(1)).ToHashSet();

    /// <summary>How the pictures that were skipped are told of in the end.</summary>
    /// <param name="skipped">Their names.</param>
    /// <param name="all">How many pictures there are.</param>
    /// <param name="nothing">What is said where nothing is left.</param>
    public static CliException Skipped(IReadOnlyCollection<string> skipped, int all, string nothing) => new(skipped.Count == all
        ? nothing
        : $"{skipped.Count} of {all} pictures skipped, for the reasons above: {string.Join(", ", skipped)}");
}
