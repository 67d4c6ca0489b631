namespace Sam2.Torch.Media;

/// <summary>
/// The containers and streams that ffmpeg may read. Its playlists (HLS, DASH, concat, IMF, WebM manifests, SDP, picture patterns) are not
/// among them: whatever its name, such a file would lead ffmpeg to other files of this machine, which then appear in the results. Nor
/// are devices, graphs of filters (lavfi) and drawings that may name other files (SVG).
/// </summary>
internal static class ContainerFormats
{
    private static readonly string[] Containers =
    [
        "mov", "matroska", "avi", "mpegts", "mpegtsraw", "mpeg", "ogg", "flv", "live_flv", "asf", "asf_o", "mxf", "gxf", "nut", "rm", "swf", "dv", "wtv", "nsv",
        "nuv", "pva", "yuv4mpegpipe", "ivf", "fits", "ser", "r3d", "cine", "lvf", "lxf", "mgsts", "dhav", "mtv", "mcc",
    ];

    private static readonly string[] Streams =
    [
        "mpegvideo", "m4v", "mjpeg", "mjpeg_2000", "mpjpeg", "h261", "h263", "h264", "hevc", "vvc", "evc", "av1", "obu", "vc1", "vc1test", "dirac", "dnxhd",
        "cavsvideo", "avs", "avs2", "avs3", "ipu", "smjpeg", "xmv", "gif", "apng", "jpegxl_anim", "webp", "ico",
    ];

    /// <summary>Videos of games and of earlier days.</summary>
    private static readonly string[] Older =
    [
        "4xm", "alias_pix", "amv", "anm", "bethsoftvid", "bfi", "bink", "c93", "cdxl", "dfa", "dxa", "dsicin", "ea", "ea_cdata", "film_cpk", "filmstrip", "flic", "frm",
        "gdv", "hnm", "idcin", "iff", "ifv", "ipmovie", "iv8", "jv", "kux", "lmlm4", "luodat", "mm", "moflex", "mods", "mv", "mvi", "mxg", "nc", "paf", "pmp",
        "psxstr", "rl2", "roq", "rpl", "siff", "smk", "smush", "svs", "thp", "tiertexseq", "tmv", "txd", "ty", "usm", "vividas", "vivo", "vmd", "wc3movie", "wsvqa", "xa", "yop",
    ];

    /// <summary>Single pictures that ffmpeg tells by their content. Patterns of names, which stand for many files, are "image2".</summary>
    private static readonly string[] Pictures =
    [
        "bmp", "cri", "dds", "dpx", "exr", "gem", "gif", "hdr", "j2k", "jpeg", "jpegls", "jpegxl", "jpegxs", "pam", "pbm", "pcx", "pfm", "pgm", "pgmyuv", "pgx", "phm",
        "photocd", "pictor", "png", "ppm", "psd", "qdraw", "qoi", "sgi", "sunrast", "tiff", "vbn", "webp", "xbm", "xpm", "xwd",
    ];

    /// <summary>Sound alone, which is no video, but a file that can be told from a damaged one.</summary>
    private static readonly string[] Sounds = ["wav", "w64", "mp3", "aac", "ac3", "eac3", "flac", "aiff", "caf", "au"];

    /// <summary>What ffmpeg calls them, separated by commas. Names that a version doesn't know do no harm.</summary>
    public static string Whitelist { get; } = string.Join(',', [.. Containers, .. Streams, .. Older, .. Sounds, .. Pictures.Select(name => name + "_pipe")]);
}
