namespace Sam2.Torch.Data.DemoScene;

/// <summary>The outline of a drawn object, before it is turned and moved.</summary>
public enum DrawnShape
{
    /// <summary>An ellipse with the given half axes.</summary>
    Ellipse,

    /// <summary>A rectangle with the given half sides.</summary>
    Rectangle,

    /// <summary>A triangle inside the ellipse with the given half axes.</summary>
    Triangle,

    /// <summary>A pentagon inside the ellipse with the given half axes.</summary>
    Pentagon,

    /// <summary>A hexagon inside the ellipse with the given half axes.</summary>
    Hexagon,

    /// <summary>A rounded flower of five petals inside the ellipse with the given half axes.</summary>
    Flower,
}
