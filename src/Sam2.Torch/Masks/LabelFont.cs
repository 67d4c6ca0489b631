using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using SkiaSharp;

namespace Sam2.Torch.Masks;

/// <summary>
/// The font of labels: one of the system's, or, where there is none (as in small containers), dots of 5 × 7 for printable ASCII, so
/// that labels are never blank.
/// </summary>
internal sealed class LabelFont : IDisposable
{
    private const int DotColumns = 5, DotRows = 7, DotAdvance = 6;

    /// <summary>Fonts of which most Linux systems have one, best first.</summary>
    private static readonly string[] KnownFiles =
        ["DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Ubuntu-R.ttf", "Roboto-Regular.ttf", "FreeSans.ttf"];

    private static readonly Lazy<SKTypeface?> System = new(FindTypeface);

    private readonly SKFont? _font;

    /// <summary>A font of a size.</summary>
    /// <param name="typeface">The typeface; null for the built-in dots.</param>
    /// <param name="size">Nominal height of a line in pixels.</param>
    public LabelFont(SKTypeface? typeface, float size)
    {
        Size = size;
        if (typeface is not null)
        {
            _font = new SKFont(typeface, size) { Edging = SKFontEdging.Antialias, Subpixel = true };
        }
    }

    /// <summary>The system's typeface for labels; null if it has none.</summary>
    public static SKTypeface? SystemTypeface => System.Value;

    /// <summary>Nominal height of a line in pixels.</summary>
    public float Size { get; }

    /// <summary>Height of a line in pixels.</summary>
    public float Height => _font is null ? DotRows * Dot : _font.Metrics.Descent - _font.Metrics.Ascent;

    /// <summary>Side of a dot: whole pixels, so that dots are sharp. Capitals are as high as a typeface's, seven tenths of its size.</summary>
    private float Dot => Math.Max(1, MathF.Round(Size / 10));

    /// <summary>Width of a line of text in pixels.</summary>
    public float Measure(string text) => _font is null ? Math.Max(0, (text.Length * DotAdvance) - 1) * Dot : Draw(null, null, _font, text, 0, 0);

    /// <summary>Writes a line of text.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="paint">The colour.</param>
    /// <param name="text">The text; the dots have a question mark for what is not printable ASCII.</param>
    /// <param name="left">The line's left edge.</param>
    /// <param name="top">The line's top edge.</param>
    public void Draw(SKCanvas canvas, SKPaint paint, string text, float left, float top)
    {
        if (_font is not null)
        {
            Draw(canvas, paint, _font, text, left, top - _font.Metrics.Ascent);
            return;
        }

        for (int i = 0; i < text.Length; i++)
        {
            ulong glyph = Glyphs.TryGetValue(text[i], out ulong known) ? known : Glyphs['?'];
            for (int dot = 0; dot < DotColumns * DotRows; dot++)
            {
                if (((glyph >> ((DotColumns * DotRows) - 1 - dot)) & 1) != 0)
                {
                    float x = left + (((i * DotAdvance) + (dot % DotColumns)) * Dot), y = top + (dot / DotColumns * Dot);
                    canvas.DrawRect(SKRect.Create(x, y, Dot, Dot), paint);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _font?.Dispose();

    /// <summary>Writes a line of text, with other fonts where this one lacks letters.</summary>
    /// <returns>Its width.</returns>
    private static float Draw(SKCanvas? canvas, SKPaint? paint, SKFont main, string text, float left, float baseline)
    {
        float x = left;
        foreach (var (part, typeface) in FontFallback.Split(text, main.Typeface))
        {
            using var other = typeface == main.Typeface ? null : new SKFont(typeface, main.Size) { Edging = SKFontEdging.Antialias, Subpixel = true };
            var font = other ?? main;
            canvas?.DrawText(part, x, baseline, SKTextAlign.Left, font, paint!);
            x += font.MeasureText(part);
        }

        return x - left;
    }

    /// <summary>
    /// Skia's default if it has one. On Linux it has none, because the build in use comes without fontconfig; there the font files
    /// in the usual folders are tried.
    /// </summary>
    private static SKTypeface? FindTypeface()
    {
        if (Usable(SKTypeface.Default) is { } standard)
        {
            return standard;
        }

        return Files.Value.Select(f => Usable(SKTypeface.FromFile(f))).FirstOrDefault(t => t is not null);
    }

    /// <summary>The font files in the usual folders, well-known ones first.</summary>
    public static Lazy<IReadOnlyList<string>> Files { get; } = new(FindFiles);

    private static IReadOnlyList<string> FindFiles()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string[] folders = ["/usr/share/fonts", "/usr/local/share/fonts", Path.Combine(home, ".local/share/fonts"), Path.Combine(home, ".fonts")];
        var search = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 6, IgnoreInaccessible = true };
        string[] files =
        [
            .. folders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*", search))
                .Where(f => Path.GetExtension(f).ToLowerInvariant() is ".ttf" or ".otf" or ".ttc"),
        ];
        return [.. files.OrderBy(f => (uint)Array.IndexOf(KnownFiles, Path.GetFileName(f))).ThenBy(f => f, StringComparer.Ordinal)];
    }

    private static SKTypeface? Usable(SKTypeface? typeface)
    {
        if (typeface is null)
        {
            return null;
        }

        using var font = new SKFont(typeface);
        return font.ContainsGlyphs(string.Concat(Glyphs.Keys)) ? typeface : null;
    }

    /// <summary>The dots: 35 bits, row by row from the top left.</summary>
    private static readonly Dictionary<char, ulong> Glyphs = new()
    {
        [' '] = 0x000000000,
        ['!'] = 0x108421004,
        ['"'] = 0x294000000,
        ['#'] = 0x295F57D4A,
        ['$'] = 0x11F4717C4,
        ['%'] = 0x632222263,
        ['&'] = 0x32544564D,
        ['\''] = 0x108000000,
        ['('] = 0x088842082,
        [')'] = 0x208210888,
        ['*'] = 0x009575480,
        ['+'] = 0x0084F9080,
        [','] = 0x000003088,
        ['-'] = 0x0000F8000,
        ['.'] = 0x00000018C,
        ['/'] = 0x042222210,
        ['0'] = 0x3A33AE62E,
        ['1'] = 0x11842108E,
        ['2'] = 0x3A211111F,
        ['3'] = 0x3A213062E,
        ['4'] = 0x08CA97C42,
        ['5'] = 0x7E1E0862E,
        ['6'] = 0x1910F462E,
        ['7'] = 0x7C2221084,
        ['8'] = 0x3A317462E,
        ['9'] = 0x3A317844C,
        [':'] = 0x018C03180,
        [';'] = 0x018C03088,
        ['<'] = 0x088882082,
        ['='] = 0x001F07C00,
        ['>'] = 0x208208888,
        ['?'] = 0x3A2111004,
        ['@'] = 0x3A37ADE0E,
        ['A'] = 0x3A31FC631,
        ['B'] = 0x7A31F463E,
        ['C'] = 0x3A308422E,
        ['D'] = 0x7A318C63E,
        ['E'] = 0x7E10F421F,
        ['F'] = 0x7E10F4210,
        ['G'] = 0x3A30BC62E,
        ['H'] = 0x4631FC631,
        ['I'] = 0x38842108E,
        ['J'] = 0x1C4210A4C,
        ['K'] = 0x4654C5251,
        ['L'] = 0x42108421F,
        ['M'] = 0x4775AC631,
        ['N'] = 0x47359C631,
        ['O'] = 0x3A318C62E,
        ['P'] = 0x7A31F4210,
        ['Q'] = 0x3A318D64D,
        ['R'] = 0x7A31F5251,
        ['S'] = 0x3E107043E,
        ['T'] = 0x7C8421084,
        ['U'] = 0x46318C62E,
        ['V'] = 0x46318A944,
        ['W'] = 0x4631AD771,
        ['X'] = 0x454421151,
        ['Y'] = 0x454421084,
        ['Z'] = 0x7C222221F,
        ['['] = 0x39084210E,
        ['\\'] = 0x420820821,
        [']'] = 0x38421084E,
        ['^'] = 0x115100000,
        ['_'] = 0x00000001F,
        ['`'] = 0x208000000,
        ['a'] = 0x000E0BE2F,
        ['b'] = 0x421E8C63E,
        ['c'] = 0x000E8420E,
        ['d'] = 0x042F8C62F,
        ['e'] = 0x000E8FE0E,
        ['f'] = 0x191E42108,
        ['g'] = 0x000F8BC2E,
        ['h'] = 0x421E8C631,
        ['i'] = 0x100C2108E,
        ['j'] = 0x080610A4C,
        ['k'] = 0x4212A6292,
        ['l'] = 0x30842108E,
        ['m'] = 0x001AAD6B5,
        ['n'] = 0x001E8C631,
        ['o'] = 0x000E8C62E,
        ['p'] = 0x001E8FA10,
        ['q'] = 0x000F8BC21,
        ['r'] = 0x0016C4210,
        ['s'] = 0x000F8383E,
        ['t'] = 0x211E42106,
        ['u'] = 0x00118C62F,
        ['v'] = 0x00118C544,
        ['w'] = 0x00118D6AA,
        ['x'] = 0x001151151,
        ['y'] = 0x00118BC2E,
        ['z'] = 0x001F1111F,
        ['{'] = 0x088441082,
        ['|'] = 0x108421084,
        ['}'] = 0x208411088,
        ['~'] = 0x0008A8800,
    };
}

/// <summary>
/// Finds, for text that a typeface has no letters for, another of the system's that has them, so that labels can be in any script for which
/// a font is installed. Letters are drawn one by one: scripts that join or stack them are readable but not set as books set them.
/// </summary>
internal static class FontFallback
{
    private static readonly ConcurrentDictionary<string, SKTypeface?> Found = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, SKTypeface?> Opened = new(StringComparer.Ordinal);

    /// <summary>The text in parts, each with a typeface that has its letters where there is one.</summary>
    /// <param name="text">A line of text.</param>
    /// <param name="main">The typeface to use wherever it can be.</param>
    public static IReadOnlyList<(string Text, SKTypeface Typeface)> Split(string text, SKTypeface main)
    {
        if (Has(main, text))
        {
            return [(text, main)];
        }

        var parts = new List<(string Text, SKTypeface Typeface)>();
        for (var elements = StringInfo.GetTextElementEnumerator(text); elements.MoveNext();)
        {
            string letter = elements.GetTextElement();
            var typeface = Has(main, letter) ? main : Found.GetOrAdd(letter, Find) ?? main;
            if (parts.Count > 0 && parts[^1].Typeface == typeface)
            {
                parts[^1] = (parts[^1].Text + letter, typeface);
            }
            else
            {
                parts.Add((letter, typeface));
            }
        }

        return parts;
    }

    private static SKTypeface? Find(string letter)
    {
        // The system's own choice, where Skia can ask for it; otherwise the first file that has the letter.
        if (Rune.TryGetRuneAt(letter, 0, out var rune) && SKFontManager.Default.MatchCharacter(rune.Value) is { } match && Has(match, letter))
        {
            return match;
        }

        return LabelFont.Files.Value.Select(file => Opened.GetOrAdd(file, path => SKTypeface.FromFile(path))).FirstOrDefault(typeface => typeface is not null && Has(typeface, letter));
    }

    private static bool Has(SKTypeface typeface, string text)
    {
        using var font = new SKFont(typeface);
        return font.ContainsGlyphs(text);
    }
}
