using System.Globalization;

namespace Sam2.Torch.Media;

/// <summary>Pictures as the frames of a video.</summary>
internal sealed class FolderSource : FrameSource
{
    private readonly string[] _files;

    private FolderSource(string[] files, MediaLimits limits)
    {
        _files = files;
        var first = ImageFile.ReadInfo(files[0]);
        limits.Check(files[0], first.Width, first.Height);
        Info = new VideoInfo(first.Width, first.Height, null, 0, null, files.Length);
    }

    public override VideoInfo Info { get; }

    public static FolderSource OfPicture(string path, MediaLimits limits) => new([path], limits);

    public static FolderSource OfFolder(string folder, MediaLimits limits)
    {
        string[] files = PictureFolder.Files(folder);
        if (files.Length == 0)
        {
            throw new MediaException(folder, "holds no pictures", $"Frames end in {string.Join(", ", ImageFile.Extensions)}");
        }

        return new FolderSource(files, limits);
    }

    public override IFrameStream Open(VideoReadOptions options, int width, int height, CancellationToken cancellation)
    {
        var selected = new List<string>();
        for (long i = options.Start; i < _files.Length && selected.Count < (options.Count ?? int.MaxValue); i += options.Stride)
        {
            selected.Add(_files[i]);
        }

        return new PictureStream(selected, Info, options.Limits, width, height, cancellation);
    }

    /// <summary>Decodes the next picture while the last one is being worked on.</summary>
    private sealed class PictureStream(
        List<string> files, VideoInfo info, MediaLimits limits, int width, int height, CancellationToken cancellation) : IFrameStream
    {
        private int _position;
        private Task<RgbImage>? _next;

        public RgbImage? Next()
        {
            cancellation.ThrowIfCancellationRequested();
            if (_position >= files.Count)
            {
                return null;
            }

            var current = _next ?? Read(_position);
            _next = ++_position < files.Count ? Read(_position) : null;
            return current.GetAwaiter().GetResult();
        }

        public void Dispose()
        {
            // A picture that was begun is finished and forgotten; its failure is nobody's concern any more.
            _next?.ContinueWith(t => t.Exception, TaskScheduler.Default).GetAwaiter().GetResult();
        }

        private Task<RgbImage> Read(int index) => Task.Run(() =>
        {
            var image = ImageFile.Read(files[index], limits, cancellation);
            return image.Width == info.Width && image.Height == info.Height
                ? ImageResize.Shrink(image, width, height)
                : throw new MediaException(
                    files[index],
                    $"is {image.Width}×{image.Height}, but the first frame is {info.Width}×{info.Height}",
                    "Frames of a folder need to be of one size");
        });
    }
}

/// <summary>The pictures in a folder that are the frames of a video.</summary>
public static class PictureFolder
{
    /// <summary>The files with a picture's ending, by number if every name is one (2 before 10), else by name; hidden files are left out.</summary>
    public static string[] Files(string folder)
    {
        string[] files =
        [
            .. Directory.EnumerateFiles(folder)
                .Where(f => ImageFile.Extensions.Contains(Path.GetExtension(f).ToLowerInvariant()) && Path.GetFileName(f)[0] != '.'),
        ];
        var numbers = new long[files.Length];
        for (int i = 0; i < files.Length; i++)
        {
            string stem = Path.GetFileNameWithoutExtension(files[i]);
            if (!long.TryParse(stem, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                Array.Sort(files, StringComparer.Ordinal);
                return files;
            }
        }

        Array.Sort(numbers, files);
        return files;
    }
}
