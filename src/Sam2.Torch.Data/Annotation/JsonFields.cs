using System.Text.Json;

namespace Sam2.Torch.Data.Annotation;

/// <summary>A value in a JSON file with checked access: errors name the place in the file.</summary>
/// <param name="Value">The value.</param>
/// <param name="File">The file it is from.</param>
/// <param name="Place">Where in the file, such as <c>annotations[3]</c>.</param>
public readonly record struct JsonFields(JsonElement Value, string File, string Place)
{
    /// <summary>Whether there is such a member and it is not null.</summary>
    public bool Has(string name)
    {
        try
        {
            return Value.ValueKind == JsonValueKind.Object && Value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null;
        }
        catch (InvalidOperationException e)
        {
            throw Wrong("has a member whose name is no valid text", e);
        }
    }

    /// <summary>A member of any kind but null.</summary>
    public JsonFields this[string name]
    {
        get
        {
            if (Value.ValueKind != JsonValueKind.Object)
            {
                throw Wrong("is not a JSON object");
            }

            return Has(name) ? new JsonFields(Value.GetProperty(name), File, $"{Place}.{name}") : throw Wrong($"has no \"{name}\"");
        }
    }

    /// <summary>The elements of a list.</summary>
    public IEnumerable<JsonFields> Elements()
    {
        if (Value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong("is not a list");
        }

        int i = 0;
        foreach (var element in Value.EnumerateArray())
        {
            yield return new JsonFields(element, File, $"{Place}[{i++}]");
        }
    }

    /// <summary>A whole number in a range; 3.0 counts as one, since data sets write it.</summary>
    public long Integer(long smallest = long.MinValue, long largest = long.MaxValue)
    {
        if (Value.ValueKind == JsonValueKind.Number)
        {
            if (!Value.TryGetInt64(out long number))
            {
                double real = Number();
                number = real == Math.Floor(real) && Math.Abs(real) < 1L << 53 ? (long)real : throw Wrong($"is not a whole number: {Shown()}");
            }

            return number >= smallest && number <= largest ? number : throw Wrong($"is {number}, not from {smallest} to {largest}");
        }

        throw Wrong($"is not a number: {Shown()}");
    }

    /// <summary>A finite number.</summary>
    public double Number() => Value.ValueKind == JsonValueKind.Number && Value.TryGetDouble(out double number) && double.IsFinite(number)
        ? number
        : throw Wrong($"is not a finite number: {Shown()}");

    /// <summary>A text.</summary>
    public string Text()
    {
        try
        {
            return Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Wrong($"is not a text: {Shown()}");
        }
        catch (InvalidOperationException e)
        {
            throw Wrong("is no valid text", e);
        }
    }

    /// <summary>A list of finite numbers.</summary>
    public double[] Numbers()
    {
        if (Value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong("is not a list of numbers");
        }

        var numbers = new double[Value.GetArrayLength()];
        int i = 0;
        foreach (var element in Value.EnumerateArray())
        {
            numbers[i] = element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double number) && double.IsFinite(number)
                ? number
                : throw Wrong($"has an element {i} that is not a finite number");
            i++;
        }

        return numbers;
    }

    /// <summary>A box <c>[x, y, width, height]</c>.</summary>
    public AnnotationBox Box()
    {
        double[] n = Numbers();
        return n.Length == 4 && n[2] >= 0 && n[3] >= 0
            ? new AnnotationBox(n[0], n[1], n[2], n[3])
            : throw Wrong($"is not a box [x, y, width, height]: {Shown()}");
    }

    /// <summary>Writes the members of an object.</summary>
    internal void WriteMembers(Utf8JsonWriter json)
    {
        if (Value.ValueKind != JsonValueKind.Object)
        {
            throw Wrong("is not a JSON object");
        }

        try
        {
            foreach (var member in Value.EnumerateObject())
            {
                member.WriteTo(json);
            }
        }
        catch (InvalidOperationException e)
        {
            // Escapes that make no character are only noticed when they are written.
            throw Wrong("has a text that is none", e);
        }
    }

    /// <summary>A number that may be missing.</summary>
    public double? OptionalNumber(string name) => Has(name) ? this[name].Number() : null;

    /// <summary>The exception for this value.</summary>
    /// <param name="cause">What is wrong with it, beginning with a verb.</param>
    /// <param name="inner">The exception that says so.</param>
    public AnnotationException Wrong(string cause, Exception? inner = null) => new(File, $"{Place} {cause.TrimEnd('.')}", inner: inner);

    private string Shown()
    {
        string text;
        try
        {
            text = Value.GetRawText();
        }
        catch (InvalidOperationException)
        {
            return "no valid text";
        }

        return text.Length <= 40 ? text : text[..40] + "…";
    }
}
