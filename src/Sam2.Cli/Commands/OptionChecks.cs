using System.CommandLine;
using System.Globalization;

namespace Sam2.Cli.Commands;

/// <summary>Ranges of options. A number outside its range is a usage error; the parser itself refuses what isn't a number.</summary>
internal static class OptionChecks
{
    /// <summary>Refuses whole numbers below <paramref name="smallest"/>.</summary>
    public static Option<T> AtLeast<T>(this Option<T> option, int smallest)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && value < smallest)
            {
                result.AddError($"{option.Name} {value}: at least {smallest} is needed");
            }
        });
        return option;
    }

    /// <summary>Refuses whole numbers above <paramref name="largest"/>, which nobody means, and says so in the help.</summary>
    public static Option<T> AtMost<T>(this Option<T> option, int largest)
    {
        option.Description = string.Create(CultureInfo.InvariantCulture, $"{option.Description} Up to {largest}.");
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && value > largest)
            {
                result.AddError($"{option.Name} {value}: at most {largest} is possible");
            }
        });
        return option;
    }

    /// <summary>Refuses numbers below 0 or above 1.</summary>
    public static Option<T> FromZeroToOne<T>(this Option<T> option) => option.Only(value => value is >= 0 and <= 1, "a number from 0 to 1 is needed");

    /// <summary>Refuses infinities and NaN.</summary>
    public static Option<T> Finite<T>(this Option<T> option) => option.Only(double.IsFinite, "a number is needed");

    /// <summary>Refuses numbers that are not as <paramref name="wanted"/> says.</summary>
    public static Option<T> Only<T>(this Option<T> option, Func<double, bool> isValid, string wanted)
    {
        option.Validators.Add(result =>
        {
            // One complaint about a value is enough.
            if (!result.Errors.Any() && result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && !isValid(value))
            {
                result.AddError($"{option.Name} {result.Tokens[0].Value}: {wanted}");
            }
        });
        return option;
    }
}
