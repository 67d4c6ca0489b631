using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;

namespace Sam2.Fuzz.Targets;

/// <summary>Pictures, masks and videos.</summary>
internal static class MediaTargets
{
    /// <summary>A header can claim any size; how large a picture may be is the caller's choice.</summary>
    private static readonly MediaLimits Limits = new() { MaxPixels = 1 << 16, Timeout = TimeSpan.FromSeconds(20) };

    private static readonly ByteMutator Bytes = new();

    private static readonly ByteMutator PngBytes = new(Checksums.RepairPng);

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Picture("png", [PngBytes, new PngMaker()], "IHDR", "IDAT", "PLTE", "eXIf", "zTXt", "Raw profile type exif\0", "tRNS", "acTL", "fdAT", "IEND", "iCCP"),
        Picture("jpeg", [Bytes], "\u00FF\u00D8", "\u00FF\u00C0", "\u00FF\u00C2", "\u00FF\u00C4", "\u00FF\u00DA", "\u00FF\u00DB", "\u00FF\u00DD", "\u00FF\u00D9", "\u00FF\u00E1", "\u00FF\u00E5\0\u0002", "Exif\0\0", "Adobe", "\u00FF\u00D0"),
        Picture("webp", [Bytes], "RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "EXIF", "ICCP"),
        Picture("bmp", [Bytes], "BM", "\u0028\0\0\0", "\u007C\0\0\0", "\u006C\0\0\0", "\0\u0001", "\0\0"),
        Picture("gif", [Bytes], "GIF89a", "GIF87a", "\u0021\u00F9\u0004", "\u0021\u00FF\u000B", "NETSCAPE2.0", "\u002C", "\u003B"),
        new("heif", "picture.avif", (path, _) => ImageFile.ReadInfo(path), typeof(MediaException))
        {
            What = "headers of AVIF and HEIC; ffmpeg decodes their pixels, as it does those of videos",
            Makers = [Bytes],
            Tokens = Latin("ftypavif", "ftypheic", "mif1", "meta", "hdlr", "pitm", "iloc", "iinf", "iprp", "ipco", "ipma", "ispe", "irot", "imir", "mdat", "\0\0\0\u0001", "\0\0\0\0"),
            Wanted = 100_000,
        },
        new("mask", "mask.png", (path, _) => ReadMask(path), typeof(MediaException))
        {
            What = "masks and pictures of objects' numbers, as PNG, DAVIS's among them",
            Makers = [PngBytes, new PngMaker()],
            Wanted = 100_000,
            // The masks of 255 objects are the most that a picture can hold.
            AllocationBase = 64 << 20,
        },
        new("video", "video.bin", (path, _) => ReadVideo(path), typeof(MediaException))
        {
            What = "videos, read by ffprobe and ffmpeg: containers and streams",
            Makers = [Bytes],
            Tokens = Latin("moov", "mdat", "trak", "stsz", "stco", "stts", "avcC", "hdlr", "RIFF", "LIST", "movi", "idx1", "\u001A\u0045\u00DF\u00A3", "\u0042\u0086", "OggS", "FLV", "\u0047\u0040", "\0\0\u0001\u00B3", "#EXTM3U\n", "ffconcat version 1.0\n"),
            Wanted = 100_000,
            UsesThreads = true,
            // Two programs are started, which takes as long as the machine is busy; one that is silent is stopped after the limit.
            LeastPatience = TimeSpan.FromMinutes(1),
        },
    ];

    private static FuzzTarget Picture(string name, IReadOnlyList<IInputMaker> makers, params string[] tokens) =>
        new(name, "picture." + name, (path, _) => ReadPicture(path), typeof(MediaException))
        {
            What = $"pictures as {name.ToUpperInvariant()}, header and pixels",
            Makers = makers,
            Tokens = Latin(tokens),
            Wanted = 100_000,
        };

    private static IReadOnlyList<byte[]> Latin(params string[] tokens) => [.. tokens.Select(System.Text.Encoding.Latin1.GetBytes)];

    private static void ReadPicture(string path)
    {
        var info = ImageFile.ReadInfo(path);
        var image = ImageFile.Read(path, Limits);
        if (image.Width != info.Width || image.Height != info.Height)
        {
            throw new InvalidOperationException($"The header says {info.Width}×{info.Height}, the picture has {image.Width}×{image.Height}.");
        }
    }

    private static void ReadMask(string path)
    {
        MediaException? refused = null;
        foreach (var read in new Action[] { () => _ = LabelImage.Read(path, Limits).HasSoftEdges, () => IndexedImage.IsIndexed(path), () => DavisFile.Read(path, Limits), () => MaskFile.Read(path, Limits) })
        {
            try
            {
                read();
            }
            catch (MediaException e)
            {
                refused = e;
            }
        }

        if (refused is not null)
        {
            throw refused;
        }
    }

    private static void ReadVideo(string path)
    {
        const int Most = 5;
        var video = VideoReader.Open(path, new VideoReadOptions { Count = Most, MaxSide = 64, Limits = Limits });
        foreach (var frame in video.ReadFrames())
        {
            if (frame.Image.Width != video.Width || frame.Image.Height != video.Height)
            {
                throw new InvalidOperationException($"Frame {frame.Index} has {frame.Image.Width}×{frame.Image.Height} pixels, the video {video.Width}×{video.Height}.");
            }
        }
    }
}
