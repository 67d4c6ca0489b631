using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using SkiaSharp;

namespace Sam2.Torch.Masks;

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
