using Sam2.Torch.Masks;
using Sam2.Torch.Prediction;

namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What a protocol tells the model of an object at first.</summary>
public enum PromptKind
{
    /// <summary>One click at the object's centre.</summary>
    Click1,

    /// <summary>Three clicks: one at the object's centre, the others where the answer is most wrong.</summary>
    Click3,

    /// <summary>Five clicks: one at the object's centre, the others where the answer is most wrong.</summary>
    Click5,

    /// <summary>The smallest box around the object.</summary>
    Box,

    /// <summary>The true mask.</summary>
    Mask,
}

/// <summary>Prompts an object as an annotator would who knows its true mask. Nothing about it is random.</summary>
public static class SimulatedUser
{
    /// <summary>
    /// The next click: at the centre of the largest error, the wrong pixel that is farthest from a right one; foreground where the
    /// object was missed, background where too much was taken (sam2/modeling/sam2_utils.py, <c>get_next_point</c> with
    /// <c>center</c>). Without a prediction it is the centre of the object.
    /// </summary>
    /// <param name="truth">The true mask.</param>
    /// <param name="predicted">The answer so far; null for none.</param>
    /// <returns>The click; null if nothing is wrong.</returns>
    public static PointPrompt? NextClick(BinaryMask truth, BinaryMask? predicted = null)
    {
        ArgumentNullException.ThrowIfNull(truth);
        var missed = DistanceTransform.Innermost(predicted is null ? truth : Difference(truth, predicted));
        var exceeding = predicted is null ? default : DistanceTransform.Innermost(Difference(predicted, truth));
        if (missed.SquaredDistance == 0 && exceeding.SquaredDistance == 0)
        {
            return null;
        }

        return missed.SquaredDistance > exceeding.SquaredDistance
            ? new PointPrompt(missed.X, missed.Y)
            : new PointPrompt(exceeding.X, exceeding.Y, IsForeground: false);
    }

    /// <summary>The smallest box around an object, from its first to its last row and column; at least a pixel wide and high.</summary>
    /// <exception cref="ArgumentException">The mask is empty.</exception>
    public static BoxPrompt Box(BinaryMask truth)
    {
        ArgumentNullException.ThrowIfNull(truth);
        var (x, y, width, height) = truth.BoundingBox;
        return width > 0
            ? new BoxPrompt(x, y, x + Math.Max(1, width - 1), y + Math.Max(1, height - 1))
            : throw new ArgumentException("An empty mask has no box.", nameof(truth));
    }

    /// <summary>Prompts an object of a session on a frame where it is visible.</summary>
    /// <param name="session">The session.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="objectId">The object.</param>
    /// <param name="truth">Its true mask there, not empty.</param>
    /// <param name="prompt">What to tell the model.</param>
    /// <returns>The answer on this frame.</returns>
    public static BinaryMask Prompt(VideoSession session, int frame, int objectId, BinaryMask truth, PromptKind prompt)
    {
        ArgumentNullException.ThrowIfNull(session);
        return prompt switch
        {
            PromptKind.Mask => session.AddMask(frame, objectId, truth)[objectId].Mask,
            PromptKind.Box => session.AddBox(frame, objectId, Box(truth))[objectId].Mask,
            _ => Click(session, frame, objectId, truth, null, ClicksOf(prompt)),
        };
    }

    /// <summary>Clicks on a frame until the answer is right or the clicks are used up.</summary>
    /// <param name="session">The session.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="objectId">The object.</param>
    /// <param name="truth">Its true mask there.</param>
    /// <param name="predicted">The answer so far; null for none.</param>
    /// <param name="clicks">How many clicks at most.</param>
    /// <returns>The answer after the last click.</returns>
    public static BinaryMask Click(VideoSession session, int frame, int objectId, BinaryMask truth, BinaryMask? predicted, int clicks)
    {
        ArgumentNullException.ThrowIfNull(session);
        for (int i = 0; i < clicks && NextClick(truth, predicted) is { } click; i++)
        {
            predicted = session.AddPoints(frame, objectId, [click], replace: false)[objectId].Mask;
        }

        return predicted ?? new BinaryMask(truth.Height, truth.Width);
    }

    /// <summary>How many clicks a prompt consists of.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The prompt is no click.</exception>
    internal static int ClicksOf(PromptKind prompt) => prompt switch
    {
        PromptKind.Click1 => 1,
        PromptKind.Click3 => 3,
        PromptKind.Click5 => 5,
        _ => throw new ArgumentOutOfRangeException(nameof(prompt), prompt, "The prompt is no click."),
    };

    private static BinaryMask Difference(BinaryMask a, BinaryMask b)
    {
        var difference = new BinaryMask(a.Height, a.Width);
        for (int i = 0; i < difference.Data.Length; i++)
        {
            difference.Data[i] = (byte)(a.Data[i] & ~b.Data[i]);
        }

        return difference;
    }
}
