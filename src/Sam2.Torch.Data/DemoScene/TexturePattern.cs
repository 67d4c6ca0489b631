namespace Sam2.Torch.Data.DemoScene;

/// <summary>How a drawn surface is patterned.</summary>
public enum TexturePattern
{
    /// <summary>The first colour everywhere.</summary>
    Plain,

    /// <summary>Squares of both colours in turn.</summary>
    Checker,

    /// <summary>Bands of both colours in turn.</summary>
    Stripes,

    /// <summary>A passage from the first colour to the second.</summary>
    Gradient,

    /// <summary>Dots of the second colour on the first.</summary>
    Dots,

    /// <summary>Soft clouds between both colours.</summary>
    Clouds,
}
